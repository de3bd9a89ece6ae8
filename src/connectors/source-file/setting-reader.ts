import type { ConnectionSettings } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";

/** Reads the settings of a connection: keys ignore case, numbers and booleans may be text, as environment variables write them (design §3). */
export class SettingReader {
  private readonly byName: ReadonlyMap<string, unknown>;

  constructor(
    private readonly connection: string,
    settings: ConnectionSettings,
  ) {
    this.byName = new Map(Object.entries(settings).map(([key, value]) => [key.toLowerCase(), value]));
  }

  /** As JSON had it; null where it is not given. */
  value(setting: string): unknown {
    return this.byName.get(setting.toLowerCase()) ?? null;
  }

  /** @throws SRC_SETTING_INVALID */
  text(setting: string): string | null {
    const value = this.value(setting);
    if (value !== null && typeof value !== "string") throw this.invalid(setting, value, "a text");
    return value;
  }

  /** @throws SRC_SETTING_INVALID */
  boolean(setting: string): boolean {
    const value = this.value(setting);
    if (value === null) return false;
    const text = String(value).toLowerCase();
    if (["true", "1"].includes(text)) return true;
    if (["false", "0"].includes(text)) return false;
    throw this.invalid(setting, value, "true or false");
  }

  /** A whole number from 0 on; 0 where it is not given. @throws SRC_SETTING_INVALID */
  count(setting: string): number {
    return this.countOf(this.value(setting), setting);
  }

  /** The same for a value that stands within the setting. */
  countOf(value: unknown, setting: string): number {
    const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : (value ?? 0);
    if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
    throw this.invalid(setting, value, "a whole number from 0 on");
  }

  invalid(setting: string, value: unknown, expected: string): SluiceError {
    const shown = JSON.stringify(value) ?? "nothing";
    return new SluiceError("SRC_SETTING_INVALID", { connection: this.connection, setting, value: shown, expected });
  }
}
