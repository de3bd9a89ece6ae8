import { type AttributeDefinition, dimensions, enumeration, flag, integer, languages, reference } from "./definition.js";

/** role-model §2. */
export const comments = ["Disabled", "Optional", "Required"];
export const commentsOrInherited = [...comments, "Inherited"];
export const approvals = ["None", "One", "Two", "Three", "ManualAssignmentNotAllowed"];
export const implicit = ["Inherited", "Explicit", "Implicit"];
export const prolongation = ["Inherited", "Enabled", "Disabled"];
export const endDateLocks = ["ExplicitNotContextBoundByDefault", "ExplicitContextBoundByDefault", "Never", "Always"];
export const endDateLocksOrInherited = [...endDateLocks, "Inherited="];
export const ruleTypes = ["Required", "RequestedAutomatically", "Suggested"];
export const accepted = { status: "accepted" } as const;

export const policy = (options = {}): AttributeDefinition =>
  reference("Policy", "Policy", "Policy that it belongs to; absent in a child: that of the parent.", options);
export const ownPolicy = policy({ required: true });
export const category = reference("Category", "Category", "Category that lists it.");
export const description = languages("Description", "Description in the language of that number.");
export const minutes = (name: string, documentation: string): AttributeDefinition =>
  integer(name, null, null, `${documentation} In minutes.`);
export const criteria = dimensions("D", "string", "Value of the dimension of that number.");
export const inherits = dimensions("L", "boolean", "The value of that dimension counts for what is below it too.");
export const parametrized = dimensions("P", "boolean", "The resource type has that dimension as parameter.");
export const requires = dimensions("R", "boolean", "That dimension is a required parameter.");

export const reviewComments = (values: readonly string[], standards: readonly string[]): readonly AttributeDefinition[] => [
  enumeration("CommentActivationOnApproveInReview", values, "Comment when a request is approved.", { default: standards[0] ?? null }),
  enumeration("CommentActivationOnDeclineInReview", values, "Comment when a request is declined.", { default: standards[1] ?? null }),
  enumeration("CommentActivationOnDeleteGapInReconciliation", values, "Comment when a difference is removed.", {
    default: standards[2] ?? null,
  }),
  enumeration("CommentActivationOnKeepGapInReconciliation", values, "Comment when a difference is kept.", {
    default: standards[3] ?? null,
  }),
];
export const inherited = ["Inherited", "Inherited", "Inherited", "Inherited"];

export const isDenied = flag("IsDenied", "Takes away instead of giving.");
