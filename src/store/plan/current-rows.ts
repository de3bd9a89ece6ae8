import { openEnd } from "../open-end.js";
import type { TypePlan } from "./repository-plan.js";

/**
 * The condition that selects a type's current rows, by its literals: those that the filtered indexes name. `alias` ends with a dot where one is needed.
 */
export const currentRows = (type: TypePlan, alias = ""): string => `${alias}Type = ${type.number} AND ${alias}ValidTo = '${openEnd}'`;
