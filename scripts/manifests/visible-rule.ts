/** A condition of a rule, e.g. `signer = plugin`. */
export interface Condition {
  /** The input that it looks at. */
  readonly input: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** When the editor shows an input: when all conditions of one of the alternatives hold. */
export type VisibleRule = readonly (readonly Condition[])[];

/**
 * The rule of an input or a group, e.g. `signer = plugin || signer = esrp`; `&&` binds more closely than `||`.
 *
 * What is no condition is taken for the name of an input, which then does not exist.
 */
export function parseVisibleRule(text: string): VisibleRule {
  return text.split('||').map((alternative) => alternative.split('&&').map(parseCondition));
}

function parseCondition(text: string): Condition {
  const [, input = text.trim(), operator, value = ''] =
    /^\s*(\w+)\s*(!?=)\s*(.*?)\s*$/.exec(text) ?? [];
  return { input, isEqual: operator !== '!=', value: value.replaceAll('"', '') };
}

/** Whether the editor shows what has the rule. */
export function isVisible(rule: VisibleRule, valueOf: (input: string) => string): boolean {
  return rule.some((conditions) =>
    conditions.every(({ input, isEqual, value }) => (valueOf(input) === value) === isEqual),
  );
}

/** The rule as Markdown, e.g. `signer` is `plugin` or `signer` is `esrp`. */
export function ruleInWords(rule: VisibleRule): string {
  return rule.map((conditions) => conditions.map(inWords).join(' and ')).join(' or ');
}

function inWords({ input, isEqual, value }: Condition): string {
  if (value === '') return `\`${input}\` is ${isEqual ? 'empty' : 'given'}`;
  return `\`${input}\` is ${isEqual ? '' : 'not '}\`${value}\``;
}
