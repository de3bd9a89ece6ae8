import { type AttributeDefinition, binding, count, element, expression, identifier, languages, reference, string } from "./definition.js";

const accepted = { status: "accepted" } as const;

const common: readonly AttributeDefinition[] = [
  identifier("name", "Name."),
  reference("OwnerEntityType", "EntityType", "Type that it is about.", { required: true }),
  string("RazorTemplate", "File with the text."),
  string("CssTemplate", "File with the style."),
  expression("TitleExpression", "Subject."),
  count("ReminderInterval", "Minutes between reminders."),
];

const review = (name: string, documentation: string) => element(name, "role-model §12", documentation, common, accepted);

/** role-model §12. */
export const notificationElements = [
  element(
    "Notification",
    "role-model §12",
    "A mail of one's own.",
    [...common, expression("QueryFilterExpression", "About which resources."), binding("RecipientMailBinding", "To whom.")],
    accepted,
  ),
  review("RoleReviewNotification", "Reminder to review roles."),
  review("ProvisioningReviewNotification", "Reminder to review orders."),
  review("ManualProvisioningNotification", "Reminder to provision by hand."),
  review("AccessCertificationNotification", "Reminder to certify access."),
  review("RolePolicyNotification", "Reminder about the role policy."),
  element(
    "NotificationTemplate",
    "role-model §12",
    "Text of one of the product's mails; that of RunJobNotification is used, in the first language, with names such as `{{Job}}`.",
    [
      identifier("free", "Which mail."),
      languages("SubjectTemplate", "Subject in the language of that number."),
      languages("BodyTemplate", "Text in the language of that number."),
    ],
  ),
];
