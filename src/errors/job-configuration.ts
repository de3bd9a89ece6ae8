import { quoted } from "./configuration.js";
import { defineErrors } from "./definition.js";

/** Codes of `src/config` about who is told of jobs, and about the scaffoldings that make jobs. */
export const jobConfigurationErrors = defineErrors({
  CFG_NOTIFIED_OWNER: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; entityType: string }) => `${p.task} lists ${p.entityType}, which owns no role: nobody is ever notified`,
  },
  CFG_NOTIFY_PERMISSION: {
    exit: 64,
    retryable: false,
    text: (p: { permission: string }) =>
      `${p.permission} holds no mail: after /Jobs/RunJob/Launch/ and /Jobs/RunJob/Repair/ stands Completed, Warning, Errored, Blocked or Aborted`,
  },
  CFG_NOTIFY_FILTER: {
    exit: 64,
    retryable: false,
    text: (p: { rule: string }) =>
      `the rule ${p.rule} has filters, which cannot be applied to the ends of jobs: its profile gets no mail; give the permission in a rule without filters`,
  },
  CFG_NOTIFY_PROFILE: {
    exit: 64,
    retryable: false,
    text: (p: { profile: string; nearest: string | null }) =>
      `Notify.Profiles gives addresses to ${p.profile}, but there is no such profile${p.nearest === null ? "" : `: did you mean ${p.nearest}?`}`,
  },
  CFG_NOTIFY_NOBODY: {
    exit: 64,
    retryable: false,
    text: (p: { profile: string }) =>
      `the profile ${p.profile} is to get mails about the ends of jobs, but nobody's address is known: add Notify.Profiles.${p.profile} to the settings`,
  },
  CFG_NOTIFY_ADDRESS: {
    exit: 64,
    retryable: false,
    text: (p: { address: string }) =>
      `${quoted(p.address)} is no address such as operator@example.org: no mail about the end of a job goes there`,
  },
  CFG_NOTIFY_PLACEHOLDER: {
    exit: 64,
    retryable: false,
    text: (p: { placeholder: string; nearest: string | null }) =>
      `the template names {{${p.placeholder}}}, which stands for nothing${p.nearest === null ? "" : `: did you mean {{${p.nearest}}}?`}`,
  },
  CFG_JOB_AGENT: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; agent: string; job: string; other: string }) =>
      `${p.task} names the agent ${p.agent}, the job ${p.job} the agent ${p.other}: all tasks of a job share one agent`,
  },
  CFG_SCAFFOLDING_JOB: {
    exit: 64,
    retryable: false,
    text: (p: { scaffolding: string; job: string; first: string; canName: boolean }) =>
      `${p.scaffolding} stands for the job ${p.job}, which is there already (${p.first}): ${p.canName ? "give it another JobIdentifier, or remove one of the two" : "remove one of the two"}`,
  },
  CFG_SCAFFOLDING_NEEDS: {
    exit: 64,
    retryable: false,
    text: (p: { scaffolding: string; missing: string }) => `${p.scaffolding} cannot make its job: it needs ${p.missing}`,
  },
  CFG_SCAFFOLDING_ARGUMENT: {
    exit: 64,
    retryable: false,
    text: (p: { argument: string; scaffolding: string; problem: string }) =>
      `${p.argument} of ${p.scaffolding} cannot be followed: ${p.problem}`,
  },
  CFG_SCAFFOLDING_IDLE: {
    exit: 64,
    retryable: false,
    text: (p: { scaffolding: string; job: string; reason: string }) =>
      `the job ${p.job} of ${p.scaffolding} neither synchronizes nor provisions anything${p.reason === "" ? "" : `: ${p.reason}`}`,
  },
});
