import type { RunOptions } from "../synchronization.js";
import type { MaintenanceConnection, MaintenanceDialect } from "./maintenance-dialect.js";

/** Opens a connection for one piece of work and closes it whatever happens; what the driver throws is told as the dialect knows it. */
export const withConnection = async <T>(
  dialect: MaintenanceDialect,
  options: RunOptions,
  work: (connection: MaintenanceConnection) => Promise<T>,
): Promise<T> => {
  let connection: MaintenanceConnection | null = null;
  try {
    connection = await dialect.open(options);
    return await work(connection);
  } catch (error) {
    throw dialect.failure(error);
  } finally {
    await connection?.close();
  }
};
