/** The message of a step that only planned: `Dry run: 2 tags to set, nothing was pushed; the plan is /a/plan.json.` */
export function dryRunMessage(planned: string, planPath: string): string {
  return `Dry run: ${planned}, nothing was pushed; the plan is ${planPath}.`;
}
