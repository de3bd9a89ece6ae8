import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import type { Settings } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import { type Clock, systemClock } from "../model/index.js";
import type { Store } from "../store/index.js";
import { healthOf } from "./health.js";
import { Metrics } from "./metrics.js";
import type { ServiceState } from "./service-state.js";

export interface ServiceEndpointOptions {
  /** `Service.Address` and `Service.Port`. */
  readonly settings: Pick<Settings, "service">;
  readonly store: Pick<Store, "service" | "records">;
  /** The service that it speaks for; asked at each request. */
  readonly source: () => ServiceState;
  readonly clock?: Clock | undefined;
}

export interface ServiceEndpoint {
  /** `http://127.0.0.1:9464`. */
  readonly address: string;
  /** Closes all connections; no answer is under way afterwards. */
  close(): Promise<void>;
}

/** Bytes of a request's line and headers: several times what a browser or a collector of metrics sends. */
const headerBytes = 8_192;
/** Who is slower than this to ask (ms) is no collector of metrics. */
const headersMs = 5_000;
const requestMs = 10_000;
/** Connections at a time: a handful of collectors keep one each. */
const connections = 32;

/**
 * Gives metrics (`GET /metrics`, Prometheus' text) and health (`GET /health`, JSON; 200, or 503 with the reasons) on `Service.Address`, 127.0.0.1 where not given. Nothing else is answered: no other path, no other method. What it
 * gives names jobs and counts, never data, settings or what a database said. Takes settings with a port. Throws CMD_LISTEN_FAILED.
 */
export const startServiceEndpoint = async ({
  settings,
  store,
  source,
  clock = systemClock,
}: ServiceEndpointOptions): Promise<ServiceEndpoint> => {
  const { address, port } = settings.service;
  let answers: Answers = {};
  const underWay = new Set<Promise<void>>();
  const server = createServer(
    { maxHeaderSize: headerBytes, headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: headersMs },
    (request, response) => {
      const work = respond(answers, request, response).finally(() => underWay.delete(work));
      underWay.add(work);
    },
  );
  server.maxConnections = connections;
  // The port first: what measures the process is started for good, and must not be at each try.
  await listen(server, address, port ?? 0);
  const metrics = new Metrics(store, source, clock);
  answers = {
    "/metrics": async () => ({ status: 200, type: metrics.contentType, text: await metrics.collect() }),
    "/health": async () => {
      const health = await healthOf(store.service, source(), clock);
      return { status: health.status === "ok" ? 200 : 503, type: "application/json", text: `${JSON.stringify(health)}\n` };
    },
  };
  // What ends from now on is counted, not only from the first collection on.
  await metrics.collect();
  const bound = server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  return {
    address: `http://${isIPv6(address) ? `[${address}]` : address}:${boundPort}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await Promise.all(underWay);
    },
  };
};

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Answers = Readonly<Record<string, () => Promise<Answer>>>;

const words = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  text: `${text}\n`,
  headers,
});

const respond = async (answers: Answers, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  // Nobody sends a body to be told something: it is not waited for.
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  if (request.method !== "GET" || hasBody) response.shouldKeepAlive = false;
  const answer = await answerOf(answers, request).catch(() => words(500, "a fault of Sluice"));
  response.writeHead(answer.status, {
    "Content-Type": answer.type,
    "Content-Length": Buffer.byteLength(answer.text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...answer.headers,
  });
  response.end(answer.text);
};

const answerOf = async (answers: Answers, { method, url }: IncomingMessage): Promise<Answer> => {
  const path = (url ?? "").split("?", 1)[0] ?? "";
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
  if (answer === undefined) return words(404, "there are /metrics and /health");
  if (method !== "GET") return words(405, "GET only", { Allow: "GET" });
  return answer();
};

const listen = (server: Server, address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const reason = (cause as NodeJS.ErrnoException).code ?? cause.message;
      reject(new SluiceError("CMD_LISTEN_FAILED", { address, port, reason }, { cause }));
    });
    server.listen(port, address, () => {
      server.removeAllListeners("error");
      // A connection that cannot be taken (too many open files) must not end the service.
      server.on("error", () => undefined);
      resolve();
    });
  });
