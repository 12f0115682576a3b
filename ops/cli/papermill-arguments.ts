/** papermill writes a parameter as two words (`-p alpha 0.6`); commander takes one (`-p alpha=0.6`). Both are understood. */
const options = new Set(['-p', '--parameter', '-r', '--raw']);

export function joinParameters(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [name, value] = [words[at + 1], words[at + 2]];
    joined.push(word);
    if (!options.has(word) || name === undefined) continue;
    at++;
    if (name.includes('=') || value === undefined) joined.push(name);
    else {
      at++;
      joined.push(`${name}=${value}`);
    }
  }
  return joined;
}
