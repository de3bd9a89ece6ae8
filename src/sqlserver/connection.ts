import { Connection, type ConnectionConfiguration, ConnectionError } from "tedious";

/** Cannot sign in, whatever the reason: sent last, after the number that says why. */
const loginFailed = 18456;

/**
 * The driver's connection with what it does wrong put right:
 *
 * - Asked for encryption, it goes on in plain text where the server offers none, password included. Here it ends before anything secret is sent (EENCRYPT).
 * - A refused login carries no number, so that a missing database looks like a wrong password. Here it has the server's.
 * - An error after a failed connect finds no listener and would end the process.
 */
export class ServerConnection extends Connection {
  constructor(configuration: ConnectionConfiguration) {
    super(configuration);
    this.on("error", () => undefined);
  }

  override connect(listener?: (error?: Error) => void): void {
    const numbers: number[] = [];
    const collect = ({ number }: { readonly number: number }): void => {
      numbers.push(number);
    };
    this.on("errorMessage", collect);
    super.connect((error) => {
      this.off("errorMessage", collect);
      if (error !== undefined && error !== null && numbers.length > 0) {
        Object.assign(error, { number: numbers.find((number) => number !== loginFailed) ?? loginFailed });
      }
      listener?.(error);
    });
  }

  /** The first message that holds something secret; with `strict` all goes through TLS from the first byte. */
  override sendLogin7Packet(): void {
    const { encrypt } = this.config.options;
    if (encrypt === true && !this.messageIo.tlsNegotiationComplete) {
      throw Object.assign(new ConnectionError("the server offers no encryption", "EENCRYPT"), { isEncryptionRefused: true });
    }
    super.sendLogin7Packet();
  }
}
