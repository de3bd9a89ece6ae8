import { SluiceError } from "../../errors/index.js";
import type { ConcatColumns, Transformation, TransformDate, WhereValue } from "../../model/index.js";
import { headerHint } from "../../sync/index.js";
import { daysAdder } from "./added-days.js";
import { concat } from "./concat.js";
import { where } from "./where.js";

/** A row that steps read and change. */
export interface EditableRow {
  /** Value of a column by its place; '' is empty. */
  text(column: number): string;
  set(column: number, text: string): void;
}

/** Why a row cannot be transformed: what the column would have got is not known. */
export interface StepFault {
  readonly type: Transformation["type"];
  readonly column: string;
  readonly problem: string;
}

/** dropped: the row goes; a fault: the row is bad; null: it stays. */
type StepResult = "dropped" | StepFault | null;
type Step = (row: EditableRow) => StepResult;

/** The Transformations of one table, made for its header. */
export interface Steps {
  /** Header of the result: new columns stand at its end. */
  readonly header: readonly string[];
  /** Columns that steps write, by place. */
  readonly written: ReadonlySet<number>;
  /** All steps in order, until one drops the row; the fault is that of the first that failed, whose column is left empty. */
  apply(row: EditableRow): StepResult;
}

/** `command` of an incremental file; null: none, every row is as it should be in the end. */
class Command {
  constructor(private readonly place: number | null) {}

  is(row: EditableRow, command: "delete" | "merge"): boolean {
    return this.place !== null && row.text(this.place).toLowerCase() === command;
  }

  /** Gives false where there are no commands. */
  makeDelete(row: EditableRow): boolean {
    if (this.place === null) return false;
    row.set(this.place, "delete");
    return true;
  }
}

/**
 * Makes the steps of a table. `isIncremental`: the file holds commands (connectors §2.3), so that a row which no longer matches becomes a
 * `delete` (a complete export would lack it), a `delete` is never dropped, and what a `merge` leaves out is not taken for empty.
 * @throws DATA_TRANSFORMATION_COLUMN
 */
export const stepsOf = (
  header: readonly string[],
  transformations: readonly Transformation[],
  { file, isIncremental }: { readonly file: string; readonly isIncremental: boolean },
): Steps => {
  const columns = [...header];
  const written = new Set<number>();
  const commandPlace = isIncremental ? columns.findIndex((name) => name.toLowerCase() === "command") : -1;
  const command = new Command(commandPlace < 0 ? null : commandPlace);
  const missing = (type: Transformation["type"], column: string, problem: string): SluiceError =>
    new SluiceError("DATA_TRANSFORMATION_COLUMN", { file, type, column, problem }, { place: { file, line: 1 } });
  const placeOf = ({ type }: Transformation, column: string): number => {
    const place = columns.indexOf(column);
    if (place < 0) throw missing(type, column, `, which is not there${headerHint(columns, column)}`);
    if (columns.indexOf(column, place + 1) >= 0) throw missing(type, column, ", which stands there more than once: name each column once");
    return place;
  };
  const outputPlace = (transformation: Transformation): number => {
    const { column } = transformation;
    const place = columns.includes(column) ? placeOf(transformation, column) : columns.push(column) - 1;
    written.add(place);
    return place;
  };
  const stepOf = (transformation: Transformation): Step => {
    switch (transformation.type) {
      case "ConcatColumns": {
        const inputs = transformation.inputs.map((input) => placeOf(transformation, input));
        return concatStep(transformation, inputs, outputPlace(transformation), command);
      }
      case "TransformDate":
        return dateStep(transformation, placeOf(transformation, transformation.input), outputPlace(transformation), command);
      case "WhereValue":
        if (isIncremental && commandPlace < 0) {
          const why = " in a file of changes: a row that no longer matches has to become a delete";
          throw missing(transformation.type, "command", why);
        }
        return whereStep(transformation, placeOf(transformation, transformation.column), command);
    }
  };
  const steps = transformations.map(stepOf);
  const apply = (row: EditableRow): StepResult => {
    let fault: StepResult = null;
    for (const step of steps) {
      const result = step(row);
      if (result === "dropped") return fault ?? result;
      fault ??= result;
    }
    return fault;
  };
  return { header: columns, written, apply };
};

const concatStep = (transformation: ConcatColumns, inputs: readonly number[], output: number, command: Command): Step => {
  const { type, column } = transformation;
  return (row) => {
    const values = inputs.map((place) => row.text(place));
    if (command.is(row, "merge") && values.includes("")) {
      row.set(output, "");
      if (values.every((value) => value === "")) return null;
      return { type, column, problem: "it is a merge that gives some of the joined columns and not the others" };
    }
    row.set(output, concat(values, transformation));
    return null;
  };
};

const dateStep = (transformation: TransformDate, input: number, output: number, command: Command): Step => {
  const { type, column } = transformation;
  const add = daysAdder(transformation);
  return (row) => {
    const result = add(row.text(input));
    row.set(output, "text" in result ? result.text : "");
    // A delete needs its key only.
    return "text" in result || command.is(row, "delete") ? null : { type, column, problem: result.problem };
  };
};

const whereStep = ({ type, column, operator, value }: WhereValue, place: number, command: Command): Step => {
  const matches = where(operator, value);
  return (row) => {
    if (command.is(row, "delete")) return null;
    const text = row.text(place);
    if (text === "" && command.is(row, "merge")) {
      return { type, column, problem: "it is a merge that leaves the column out, so that nobody can tell whether the row still matches" };
    }
    if (matches(text)) return null;
    return command.makeDelete(row) ? null : "dropped";
  };
};
