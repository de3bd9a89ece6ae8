import { SluiceError } from "../../errors/index.js";
import { bad, type DoctorFinding } from "./doctor-finding.js";

/** What a check found that could not be made: a known error says itself what to do, after its first colon. */
export const failureFinding = (check: string, error: unknown): DoctorFinding => {
  if (error instanceof SluiceError) return bad(check, `${error.code}: ${error.message}`, `docs/errors.md says more of ${error.code}`);
  const message = error instanceof Error ? error.message : String(error);
  return bad(
    check,
    `could not be looked at: ${message}`,
    "see what the message names; if it is a fault of Sluice, please report it with --log-level Debug",
  );
};

/** Makes checks of one kind; one that fails in an unforeseen way is a finding like others, and hides none of the next. */
export const examined = async (
  check: string,
  make: () => Promise<readonly DoctorFinding[]> | readonly DoctorFinding[],
): Promise<readonly DoctorFinding[]> => {
  try {
    return await make();
  } catch (error) {
    return [failureFinding(check, error)];
  }
};
