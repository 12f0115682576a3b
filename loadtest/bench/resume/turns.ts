/** The order of measurements, each name as often as asked and spread evenly over the whole: pure. */
export function turns<Name extends string>(counts: Readonly<Record<Name, number>>): Name[] {
  const dues: { name: Name; due: number }[] = [];
  for (const name of Object.keys(counts) as Name[])
    for (let index = 0; index < counts[name]; index++) dues.push({ name, due: (index + 0.5) / counts[name] });
  return dues.toSorted((one, other) => one.due - other.due).map(({ name }) => name);
}
