import { once } from "node:events";
import { type AddressInfo, createServer, connect as openSocket, type Server, type Socket } from "node:net";

/** What a driver sends, by the first byte of its messages (MS-TDS 2.2.3.1.1). */
const kinds = { 1: "batch", 3: "call", 6: "attention", 7: "bulk", 14: "transaction" } as const;
/** Requests of the transaction manager (MS-TDS 2.2.6.9). */
const requests = { 5: "begin", 7: "commit", 8: "rollback" } as const;

/** A message of a client, whole; of a bulk load the packet that comes now. */
export interface ClientMessage {
  readonly kind: (typeof kinds)[keyof typeof kinds] | "sign-in";
  readonly transaction: (typeof requests)[keyof typeof requests] | null;
  /** The statement, where there is one. */
  readonly text: string;
  /** Connections are counted from 1. */
  readonly connection: number;
}

/**
 * `pass`; `cut before` the server has it; `cut after` the server has worked on it, whose answer nobody hears; `stall`: from here on nothing goes through in either direction, and nothing ends.
 */
export type Verdict = "pass" | "cut before" | "cut after" | "stall";

/** Numbers that another server gives for what SQL Server has numbers of its own for, and the ones that a test makes up for what cannot be provoked. */
export type Renumbering = readonly { readonly from: number; readonly text: RegExp; readonly to: number }[];

const packetHeader = 8;

/** Stands between the program and the server, unencrypted but for the sign-in, and disturbs. */
export class ServerLine {
  /** Asked for each message before it goes on; may take its time. */
  onMessage: (message: ClientMessage) => Verdict | Promise<Verdict> = () => "pass";
  /** New connections are ended at once. */
  isDown = false;
  renumbering: Renumbering = [];

  readonly #host: string;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #isStalled = false;
  #connections = 0;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Listens on a port of its own, which it gives. */
  async listen(): Promise<number> {
    const server = createServer((client) => this.#join(client));
    this.#server = server;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /** Ends every connection, at both its ends. */
  cut(): void {
    this.#isStalled = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.cut();
    this.#server?.close();
  }

  /** As a test begins. */
  reset(): void {
    this.cut();
    this.onMessage = () => "pass";
    this.isDown = false;
    this.renumbering = [];
  }

  #join(client: Socket): void {
    if (this.isDown) {
      client.destroy();
      return;
    }
    const connection = ++this.#connections;
    const upstream = openSocket(this.#port, this.#host);
    for (const socket of [client, upstream]) this.#sockets.add(socket.on("error", () => undefined));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => !this.#isStalled && client.destroy());
    upstream.on("data", (bytes) => {
      if (!this.#isStalled) client.write(this.#renumbered(bytes));
    });
    void this.#carry(client, upstream, connection);
  }

  async #carry(client: Socket, upstream: Socket, connection: number): Promise<void> {
    const split = new PacketSplitter();
    try {
      for await (const bytes of client) {
        for (const { packets, message } of split.add(bytes as Buffer)) {
          const verdict = this.#isStalled ? "stall" : await this.onMessage({ ...message, connection });
          if (verdict === "stall") {
            this.#isStalled = true;
          } else if (verdict === "cut before") {
            this.cut();
          } else if (verdict === "cut after") {
            upstream.removeAllListeners("data");
            upstream.once("data", () => this.cut());
            upstream.write(packets);
          } else {
            upstream.write(packets);
          }
        }
      }
    } catch {
      // The client has gone.
    }
    if (!this.#isStalled) upstream.destroy();
  }

  #renumbered(bytes: Buffer): Buffer {
    for (const { from, text, to } of this.renumbering) {
      const number = Buffer.alloc(4);
      number.writeInt32LE(from);
      for (let at = bytes.indexOf(number); at >= 0; at = bytes.indexOf(number, at + 1)) {
        // ERROR: 0xAA, its length, its number, … (MS-TDS 2.2.7.10).
        const length = at >= 3 && bytes[at - 3] === 0xaa ? bytes.readUInt16LE(at - 2) : 0;
        if (text.test(bytes.toString("utf16le", at + 8, at + length))) bytes.writeInt32LE(to, at);
      }
    }
    return bytes;
  }
}

/** Puts what arrives together to messages. */
class PacketSplitter {
  #rest: Buffer = Buffer.alloc(0);
  #message: Buffer[] = [];

  *add(bytes: Buffer): Generator<{ readonly packets: Buffer; readonly message: Omit<ClientMessage, "connection"> }> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const type = this.#rest[0] ?? 0;
      // The sign-in is encrypted: records of TLS stand where packets do.
      const isTls = type >= 0x14 && type <= 0x17;
      const header = isTls ? 5 : packetHeader;
      if (this.#rest.length < header) return;
      const length = isTls ? header + this.#rest.readUInt16BE(3) : this.#rest.readUInt16BE(2);
      if (this.#rest.length < length) return;
      const packet = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const kind = isTls ? "sign-in" : (kinds[type as keyof typeof kinds] ?? "sign-in");
      if (kind === "sign-in" || kind === "bulk") {
        yield { packets: packet, message: { kind, transaction: null, text: "" } };
        continue;
      }
      this.#message.push(packet);
      const isLast = ((packet[1] ?? 0) & 1) === 1;
      if (!isLast) continue;
      const packets = Buffer.concat(this.#message);
      const body = Buffer.concat(this.#message.map((each) => each.subarray(packetHeader)));
      this.#message = [];
      // Headers of the stream come first: their length, theirs included.
      const start = kind === "attention" || body.length < 4 ? 0 : body.readUInt32LE(0);
      const request = kind === "transaction" ? body.readUInt16LE(start) : 0;
      const transaction = requests[request as keyof typeof requests] ?? null;
      // The texts of a call begin at odd places as well as at even ones.
      const text = kind === "batch" ? body.toString("utf16le", start) : body.toString("utf16le") + body.toString("utf16le", 1);
      yield { packets, message: { kind, transaction, text } };
    }
  }
}
