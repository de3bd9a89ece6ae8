import { formatBytes } from "../terminal/index.js";
import { bad, type DoctorFinding, ok, warning } from "./doctor-finding.js";
import { type Volume, volumeOf } from "./volume.js";

/** With less than this a disk is as good as full (bytes): a run's log and its files need some. */
const tight = 100_000_000;

export interface Folders {
  readonly workFolder: string;
  readonly tempFolder: string;
  /** Bytes that a run may need in each: prepared files and the log of a big transaction, exports. */
  readonly workNeeds: number;
  readonly tempNeeds: number;
}

/** Work and Temp: there or to be made, writable, with room for a run. */
export const folderFindings = ({ workFolder, tempFolder, workNeeds, tempNeeds }: Folders): readonly DoctorFinding[] => {
  const work = volumeOf(workFolder);
  const temp = volumeOf(tempFolder);
  return [
    folderFinding("folders.work", "WorkFolderPath", workFolder, work, workNeeds, null),
    folderFinding(
      "folders.temp",
      "TempFolderPath",
      tempFolder,
      temp,
      tempNeeds,
      temp.device === work.device ? "the disk of the Work folder" : null,
    ),
  ];
};

/** Pure: takes what was seen of a folder. */
export const folderFinding = (
  check: string,
  setting: string,
  path: string,
  volume: Volume,
  needs: number,
  place: string | null,
): DoctorFinding => {
  if (!volume.isFolder)
    return bad(check, `${volume.found} is a file, where ${path} is to be a folder`, `move the file away, or name a folder by ${setting}`);
  if (!volume.isWritable) {
    const what = volume.exists
      ? `${path} cannot be written by this user`
      : `${path} is not there, and cannot be made in ${volume.found} by this user`;
    return bad(check, what, `give the user that runs Sluice the right to write there, or name another folder by ${setting}`);
  }
  const there = volume.exists ? `${path} is writable` : `${path} is not there yet, and can be made`;
  if (volume.free === null) return ok(check, `${there}; free space is not known`);
  const free = `${formatBytes(volume.free)} free${place === null ? "" : ` on ${place}`}`;
  if (volume.free < tight)
    return bad(check, `${there}, but only ${free}`, "free space on that disk before the next run, or name a folder on another one");
  if (volume.free < needs) {
    return warning(
      check,
      `${there}, ${free}, and a run may need ${formatBytes(needs)}`,
      `free space on that disk, or name a folder on another one by ${setting}`,
    );
  }
  return ok(check, `${there}, ${free}`);
};
