import { type AddressInfo, createServer, type Socket } from "node:net";

/**
 * A server that speaks as much of TDS 7.4 as the driver needs to sign in without encryption and to run batches: what it answers says the test. It is no SQL Server; it shows what the
 * session makes of the driver's events.
 */
export interface TdsServer {
  readonly port: number;
  /** Batches as they came, without those that the driver sends by itself. */
  readonly statements: string[];
  /** How often a client asked to end a batch. */
  readonly attentions: () => number;
  close(): Promise<void>;
}

export interface TdsPeer {
  readonly socket: Socket;
  /** Sends tokens as one message. */
  answer(...tokens: readonly Buffer[]): void;
  /** Sends tokens of a message that goes on. */
  part(...tokens: readonly Buffer[]): void;
}

const type = { batch: 1, login: 16, prelogin: 18, attention: 6, tabular: 4 } as const;

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const little = (value: bigint, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)));
const ucs2 = (text: string): Buffer => Buffer.from(text, "utf16le");
const shortText = (text: string): Buffer => Buffer.concat([u8(text.length), ucs2(text)]);

/** A column: its type as COLMETADATA has it, and how a value of it is written. */
export interface TdsColumn {
  readonly info: Buffer;
  readonly value: (value: never) => Buffer;
}
const sized = (bytes: Buffer): Buffer => Buffer.concat([u8(bytes.length), bytes]);
/** Milliseconds since midnight in steps of 100 ns, and days since 0001-01-01. */
const clock = (text: string): Buffer => {
  const [time = "", digits = ""] = text.split(".");
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return little(BigInt((hours * 60 + minutes) * 60 + seconds) * 10_000_000n + BigInt(digits.padEnd(7, "0")), 5);
};
const day = (text: string): Buffer =>
  little(BigInt((Date.parse(`${text}T00:00:00Z`) - Date.parse("0001-01-01T00:00:00Z")) / 86_400_000), 3);

export const columns = {
  text: {
    info: Buffer.concat([u8(0xe7), u16(8000), Buffer.alloc(5)]),
    value: (text: string | null) => (text === null ? u16(0xffff) : Buffer.concat([u16(2 * text.length), ucs2(text)])),
  },
  bigint: { info: Buffer.from([0x26, 8]), value: (value: bigint) => sized(little(value, 8)) },
  bit: { info: Buffer.from([0x68, 1]), value: (value: boolean) => sized(u8(Number(value))) },
  decimal: { info: Buffer.from([0x6a, 17, 38, 2]), value: (value: bigint) => sized(Buffer.concat([u8(1), little(value, 16)])) },
  moment: {
    info: Buffer.from([0x2a, 7]),
    value: (value: string) => sized(Buffer.concat([clock(value.slice(11)), day(value.slice(0, 10))])),
  },
  day: { info: Buffer.from([0x28]), value: (value: string) => sized(day(value)) },
  binary: { info: Buffer.concat([u8(0xa5), u16(100)]), value: (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes]) },
} as const;

export const columnMetadata = (...named: readonly (readonly [string, TdsColumn])[]): Buffer =>
  Buffer.concat([u8(0x81), u16(named.length), ...named.flatMap(([name, { info }]) => [u32(0), u16(1), info, shortText(name)])]);
export const row = (...values: readonly Buffer[]): Buffer => Buffer.concat([u8(0xd1), ...values]);
export const done = (rows = 0, status = 0x10): Buffer => Buffer.concat([u8(0xfd), u16(status), u16(0), little(BigInt(rows), 8)]);
export const errorToken = (number: number, text: string): Buffer => {
  const body = Buffer.concat([u32(number), u8(1), u8(16), u16(text.length), ucs2(text), shortText("srv"), shortText(""), u32(1)]);
  return Buffer.concat([u8(0xaa), u16(body.length), body]);
};
/** The state of a DONE that belongs to an error, and of one that ends a batch by the client's wish. */
export const failed = 0x02;
const attention = 0x20;

const loginAcknowledged = (): Buffer => {
  const body = Buffer.concat([u8(1), Buffer.from([0x74, 0, 0, 4]), shortText("srv"), Buffer.from([16, 0, 0, 0])]);
  return Buffer.concat([u8(0xad), u16(body.length), body]);
};

/** Starts one on loopback. `login`: what it answers to a login; null: welcome. */
export const tdsServer = async (
  answer: (peer: TdsPeer, statement: string) => void,
  login: readonly Buffer[] | null = null,
): Promise<TdsServer> => {
  const sockets = new Set<Socket>();
  const statements: string[] = [];
  let attentions = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    const send = (bytes: Buffer, isLast: boolean): void => {
      // Packets of the size that the driver asks for by default.
      for (let at = 0; at < bytes.length || at === 0; at += 4088) {
        const piece = bytes.subarray(at, at + 4088);
        const header = Buffer.from([type.tabular, isLast && at + 4088 >= bytes.length ? 1 : 0, 0, 0, 0, 0, 1, 0]);
        header.writeUInt16BE(piece.length + 8, 2);
        socket.write(Buffer.concat([header, piece]));
      }
    };
    let isOpen = false;
    const write = (tokens: readonly Buffer[], isLast: boolean): void => {
      isOpen = !isLast;
      send(Buffer.concat(tokens), isLast);
    };
    const peer: TdsPeer = { socket, answer: (...tokens) => write(tokens, true), part: (...tokens) => write(tokens, false) };
    const take = (kind: number, message: Buffer): void => {
      if (kind === type.prelogin) {
        // Version at 11, encryption (none to be had) at 17.
        send(Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2]), true);
      } else if (kind === type.login) peer.answer(...(login ?? [loginAcknowledged(), done(0, 0)]));
      else if (kind === type.attention) {
        attentions++;
        // The answer that runs is brought to an end first.
        if (isOpen) peer.answer(done(0, failed));
        peer.answer(done(0, attention));
      } else {
        const statement = message.subarray(message.readUInt32LE(0)).toString("utf16le");
        const isDrivers = /^set (textsize|ansi_nulls)/i.test(statement.trim());
        if (!isDrivers) statements.push(statement);
        if (isDrivers || /^(SET XACT_ABORT|IF @@TRANCOUNT)/.test(statement)) peer.answer(done(0, 0));
        else answer(peer, statement);
      }
    };
    let received = Buffer.alloc(0);
    let message = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 8 && received.length >= received.readUInt16BE(2)) {
        const length = received.readUInt16BE(2);
        const [kind = 0, status = 0] = received;
        message = Buffer.concat([message, received.subarray(8, length)]);
        received = received.subarray(length);
        if ((status & 1) === 0) continue;
        const whole = message;
        message = Buffer.alloc(0);
        take(kind, whole);
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as AddressInfo).port,
    statements,
    attentions: () => attentions,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
};
