/** What programs need to run at all, and to find their own files, language and time zone; on Windows its own set besides. */
const kept: readonly string[] = [
  ..."PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TEMP TMP DOTNET_ROOT KRB5CCNAME KRB5_CONFIG SSL_CERT_FILE SSL_CERT_DIR".split(
    " ",
  ),
  ..."PATHEXT SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC OS USERNAME USERDOMAIN USERPROFILE HOMEDRIVE HOMEPATH COMPUTERNAME APPDATA LOCALAPPDATA".split(
    " ",
  ),
  ..."PROGRAMDATA ALLUSERSPROFILE PROGRAMFILES PROGRAMFILES(X86) PROGRAMW6432 COMMONPROGRAMFILES COMMONPROGRAMFILES(X86) PSMODULEPATH".split(
    " ",
  ),
  ..."PROCESSOR_ARCHITECTURE NUMBER_OF_PROCESSORS".split(" "),
];
const keptNames: ReadonlySet<string> = new Set(kept);

/**
 * The environment of a command: of our own variables those a program needs to run (the list above and `LC_…`), then its own. Never the
 * settings' (`SLUICE__Connections__…`), which hold secrets (design §7.8). Names ignore case, as Windows has them.
 */
export const commandEnvironment = (
  own: Readonly<Record<string, string>>,
  from: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> => {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    const upper = name.toUpperCase();
    if (value !== undefined && (keptNames.has(upper) || upper.startsWith("LC_"))) environment[name] = value;
  }
  return { ...environment, ...own };
};
