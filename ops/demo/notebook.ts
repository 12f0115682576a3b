/** A notebook (nbformat 4.5) with one code cell that has not run. */
export function notebookOf(source: string): object {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: [{ id: 'first', cell_type: 'code', source, metadata: {}, execution_count: null, outputs: [] }],
  };
}
