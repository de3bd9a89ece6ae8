import { catalogue } from "../catalogue/index.js";

/** Takes the elements of a job's tasks; gives a note that names those of kinds which no run acts on yet. */
export const idleNotes = (elements: readonly string[]): readonly string[] => {
  const idle = [...new Set(elements)].filter((element) => catalogue.get(element)?.status === "accepted");
  if (idle.length === 0) return [];
  return [
    `not offered yet, so that these end as Completed and do nothing (a job written by hand is refused with them): ${idle.join(", ")}`,
  ];
};
