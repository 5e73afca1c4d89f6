/** A pure function that works out the answer for each text once; for few different texts, as nothing is forgotten. */
export function remembered<T>(work: (text: string) => T): (text: string) => T {
  const answers = new Map<string, { readonly value: T }>();
  return (text) => {
    const answer = answers.get(text) ?? { value: work(text) };
    answers.set(text, answer);
    return answer.value;
  };
}
