import { join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { AssociationMapping, EntityTypeMapping, SessionFile } from "../../model/index.js";
import { CanonicalFile, commandColumn, compareFiles, type FileComparisonHandler, fieldEnd, fieldTextAt } from "../delta/index.js";
import type { WorkerTools } from "../worker.js";
import { CollectFile } from "./collect-file.js";
import { DeltaFile } from "./delta-file.js";
import { eachRow, keysAside, pairKey, pairsAside } from "./keys-aside.js";
import { ownSidesOf } from "./own-side.js";
import type { EarlierFiles, PrepareRequest } from "./request.js";
import type { Tally } from "./tally.js";

/** What a comparison with the baseline gives. */
export interface Compared {
  readonly deltas: readonly SessionFile[];
  /** The new baseline. */
  readonly baseline: readonly SessionFile[];
}

/**
 * Compares the sorted files of full data with those the repository was last made equal to (connectors §2.4) and writes each mapping's
 * `.sorted.delta` to the collect folder.
 *
 * The new baseline is the sorted files. Where rows were set aside, what the baseline has under their keys, and the links they could have said, is
 * no deletion and goes on being part of the baseline, which is then a file of its own, `.baseline.csv`.
 * @param files what this preparation made: sorted and rejected ones
 * @throws SRC_BASELINE_INVALID, SYNC_STOPPED
 */
export const compareWithBaseline = (
  { mappings, collectFolder, baseline }: Pick<PrepareRequest, "mappings" | "collectFolder" | "baseline">,
  files: readonly SessionFile[],
  tally: Tally,
  tools: WorkerTools,
): Compared => {
  const formerFiles = baseline ?? noBaseline(mappings.connector);
  const comparison = new Comparison(collectFolder, formerFiles, files, tally, tools);
  const results = [
    ...mappings.entityTypes.map((mapping) => comparison.resources(mapping)),
    ...mappings.associations.map((mapping) => comparison.links(mapping, mappings.entityTypes)),
  ];
  return { deltas: results.flatMap(({ delta }) => delta ?? []), baseline: results.map(({ sorted }) => sorted) };
};

/**
 * The baseline that whole files leave where rows of them were set aside: what the repository holds under their keys, and links that they could have said, stays as it is (design §5), so that
 * it goes on from the baseline of the state which the session replaces. Takes and throws as `compareWithBaseline`; gives the baseline alone.
 */
export const keptBaseline = (
  { mappings, collectFolder }: Pick<PrepareRequest, "mappings" | "collectFolder">,
  former: EarlierFiles,
  files: readonly SessionFile[],
  tools: WorkerTools,
): readonly SessionFile[] => {
  const comparison = new Comparison(collectFolder, former, files, null, tools);
  return [
    ...mappings.entityTypes.map((mapping) => comparison.resources(mapping)),
    ...mappings.associations.map((mapping) => comparison.links(mapping, mappings.entityTypes)),
  ].map(({ sorted }) => sorted);
};

const noBaseline = (connector: string): never => {
  throw new SluiceError("SRC_BASELINE_INVALID", { file: `of connector ${connector}`, reason: "there is none" });
};

interface MappingCompared {
  /** null where only the baseline is asked for. */
  readonly delta: SessionFile | null;
  readonly sorted: SessionFile;
}

/** Whether what the baseline holds there stays although this input does not say it: the record `bytes[start, end)`. */
type IsProtected = (bytes: Buffer, start: number, end: number) => boolean;

class Comparison {
  constructor(
    private readonly folder: string,
    private readonly baseline: EarlierFiles,
    private readonly files: readonly SessionFile[],
    /** null: only the baseline is asked for. */
    private readonly tally: Tally | null,
    private readonly tools: WorkerTools,
  ) {}

  resources(mapping: EntityTypeMapping): MappingCompared {
    const columns = mapping.properties.map(({ column }) => column);
    const aside = keysAside(this.folder, this.fileOf(mapping.identifier, "rejected"));
    const isProtected: IsProtected | null = aside.size === 0 ? null : (bytes, start, end) => aside.has(fieldTextAt(bytes, start, end));
    return this.compare("entityType", mapping.identifier, columns, 1, isProtected, (delta) => ({
      inserted: (bytes, start, end) => delta.add("insert", bytes, start, end),
      updated: (bytes, start, end) => delta.add("update", bytes, start, end),
      deleted: (bytes, start, end) => delta.addDeletion(bytes, start, end),
    }));
  }

  links(mapping: AssociationMapping, entityTypes: readonly EntityTypeMapping[]): MappingCompared {
    const pairs = pairsAside(this.folder, this.fileOf(mapping.identifier, "rejected"));
    const own = this.ownKeysAside(mapping, entityTypes);
    const isProtected: IsProtected = (bytes, start, end) => {
      const key1 = fieldTextAt(bytes, start, end);
      const key2 = fieldTextAt(bytes, fieldEnd(bytes, start, end) + 1, end);
      return pairs.has(pairKey(key1, key2)) || own[0].has(key1) || own[1].has(key2);
    };
    const protects = pairs.size + own[0].size + own[1].size > 0;
    return this.compare(
      "association",
      mapping.identifier,
      [mapping.column1, mapping.column2],
      2,
      protects ? isProtected : null,
      (delta) => ({
        inserted: (bytes, start, end) => delta.add("insert", bytes, start, end),
        // Both fields are the key: rows of one key are equal.
        updated: () => undefined,
        deleted: (bytes, start, end) => delta.add("delete", bytes, start, end),
      }),
    );
  }

  private compare(
    kind: SessionFile["kind"],
    mapping: string,
    columns: readonly string[],
    keyFields: 1 | 2,
    isProtected: IsProtected | null,
    commandsOf: (delta: DeltaFile) => Pick<FileComparisonHandler, "inserted" | "updated" | "deleted">,
  ): MappingCompared {
    const sorted = this.fileOf(mapping, "sorted");
    if (sorted === undefined) throw new Error(`mapping ${mapping} was not prepared`);
    const { tally } = this;
    if (tally === null && isProtected === null) return { delta: null, sorted };
    const delta = new DeltaFile(this.folder, mapping, kind, [commandColumn, ...columns]);
    const kept =
      isProtected === null ? null : new KeptBaseline(new CollectFile(this.folder, mapping, ".baseline.csv", columns), isProtected);
    try {
      const commands = commandsOf(delta);
      this.read(sorted, columns, keyFields, kept === null ? { ...commands, unchanged: () => undefined } : kept.beside(commands));
      return { delta: tally === null ? null : delta.finish(tally), sorted: kept?.finish(sorted) ?? sorted };
    } finally {
      delta.discard();
      kept?.discard();
    }
  }

  private read(sorted: SessionFile, columns: readonly string[], keyFields: 1 | 2, handler: FileComparisonHandler): void {
    const former = this.former(sorted.mapping);
    const step = `comparing ${sorted.mapping}`;
    // What was written a moment ago is not verified again.
    const current = new CanonicalFile({ ...sorted, path: join(this.folder, sorted.name), columns }, false);
    try {
      const before = new CanonicalFile({ ...former, path: join(this.baseline.folder, former.name), columns }, true);
      try {
        compareFiles(current, before, keyFields, handler, () => {
          this.tools.checkStop(step);
          // How many rows a block holds is not counted.
          this.tools.onProgress({ step, rows: Math.round((sorted.rows * current.read) / sorted.bytes) });
        });
      } finally {
        before.close();
      }
    } finally {
      current.close();
    }
  }

  /** By side: own keys of the resources whose rows were set aside in the table that the links are read from too. */
  private ownKeysAside(mapping: AssociationMapping, entityTypes: readonly EntityTypeMapping[]): readonly [Set<string>, Set<string>] {
    const keys = [new Set<string>(), new Set<string>()] as const;
    const ofTable = entityTypes.filter(({ table }) => table.toLowerCase() === mapping.table.toLowerCase());
    for (const own of ownSidesOf(mapping, ofTable)) {
      const aside = keysAside(this.folder, this.fileOf(own.mapping.identifier, "rejected"));
      if (aside.size === 0) continue;
      const ofSide = keys[own.side - 1] as Set<string>;
      if (own.property === 0) for (const key of aside) ofSide.add(key);
      else if (own.property > 0) {
        eachRow(this.baseline.folder, this.former(own.mapping.identifier), own.property + 1, (fields) => {
          const value = fields[own.property] ?? "";
          if (value !== "" && aside.has(fields[0] ?? "")) ofSide.add(value);
        });
      }
    }
    return keys;
  }

  private fileOf(mapping: string, content: SessionFile["content"]): SessionFile | undefined {
    return this.files.find((file) => file.mapping === mapping && file.content === content);
  }

  private former(mapping: string): SessionFile {
    const { folder, files } = this.baseline;
    const former = files.find((file) => file.mapping === mapping && file.content === "sorted");
    if (former === undefined) throw new SluiceError("SRC_BASELINE_INVALID", { file: folder, reason: `it has no file of ${mapping}` });
    return former;
  }
}

/** The new baseline, written beside the commands: what is protected stays in it as it was, and gives no command. */
class KeptBaseline {
  private isOther = false;
  private carried = 0;

  constructor(
    private readonly file: CollectFile,
    private readonly isProtected: IsProtected,
  ) {}

  beside(commands: Pick<FileComparisonHandler, "inserted" | "updated" | "deleted">): FileComparisonHandler {
    const { output } = this.file;
    return {
      unchanged: (bytes, start, end) => output.append(bytes, start, end),
      inserted: (bytes, start, end) => {
        output.append(bytes, start, end);
        commands.inserted(bytes, start, end);
      },
      updated: (bytes, start, end, former, formerStart, formerEnd) => {
        if (this.isProtected(former, formerStart, formerEnd)) {
          output.append(former, formerStart, formerEnd);
          this.isOther = true;
          return;
        }
        output.append(bytes, start, end);
        commands.updated(bytes, start, end, former, formerStart, formerEnd);
      },
      deleted: (former, formerStart, formerEnd) => {
        if (!this.isProtected(former, formerStart, formerEnd)) {
          commands.deleted(former, formerStart, formerEnd);
          return;
        }
        output.append(former, formerStart, formerEnd);
        this.isOther = true;
        this.carried++;
      },
    };
  }

  /** Null where it would be the sorted file once more. */
  finish(sorted: SessionFile): SessionFile | null {
    if (!this.isOther) return null;
    this.file.rows = sorted.rows + this.carried;
    return this.file.finish(sorted.kind, sorted.mapping, "sorted");
  }

  discard(): void {
    this.file.output.discard();
  }
}
