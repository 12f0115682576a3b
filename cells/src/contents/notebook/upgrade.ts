/** Notebooks of format 3 (2012 to 2015) as format 4: what nbformat's own upgrade does. */
import { asNumber, isObject, type JsonObject } from '../json.ts';

export function upgradeFromV3(notebook: JsonObject): JsonObject {
  const { worksheets, metadata, orig_nbformat: _, nbformat: __, nbformat_minor: ___, ...rest } = notebook;
  const kept = isObject(metadata) ? { ...metadata } : {};
  delete kept.name;
  delete kept.signature;
  const sheets = Array.isArray(worksheets) ? worksheets.filter(isObject) : [];
  const cells = sheets.flatMap(({ cells: found }) => (Array.isArray(found) ? found.filter(isObject) : []));
  const orig = asNumber(notebook.nbformat) ?? 3;
  return {
    ...rest,
    nbformat: 4,
    nbformat_minor: 4,
    metadata: { ...kept, orig_nbformat: orig },
    cells: cells.map(upgradeCell),
  };
}

function upgradeCell(cell: JsonObject): JsonObject {
  const metadata = isObject(cell.metadata) ? { ...cell.metadata } : {};
  switch (cell.cell_type) {
    case 'code': {
      const { input, prompt_number, collapsed, outputs, language: _, ...rest } = cell;
      if (collapsed !== undefined) metadata.collapsed = collapsed;
      const found = Array.isArray(outputs) ? outputs.filter(isObject) : [];
      return {
        ...rest,
        metadata,
        source: input ?? cell.source ?? '',
        execution_count: prompt_number ?? null,
        outputs: found.map(upgradeOutput),
      };
    }
    case 'heading': {
      const { level, ...rest } = cell;
      const text = String(Array.isArray(cell.source) ? cell.source.join('') : (cell.source ?? ''));
      const marks = '#'.repeat(asNumber(level) ?? 1);
      return {
        ...rest,
        cell_type: 'markdown',
        metadata,
        source: `${marks} ${text.split(/\s*\n\s*/).join(' ')}`,
      };
    }
    case 'html':
      return { ...cell, cell_type: 'markdown', metadata };
    default:
      return { ...cell, metadata };
  }
}

const typeOfKey: Record<string, string> = {
  text: 'text/plain',
  html: 'text/html',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpeg: 'image/jpeg',
  latex: 'text/latex',
  json: 'application/json',
  javascript: 'application/javascript',
};

function upgradeOutput(output: JsonObject): JsonObject {
  const { output_type, metadata, ...rest } = output;
  if (output_type === 'stream') {
    const { stream, ...text } = rest;
    return { output_type, ...text, name: stream ?? 'stdout' };
  }
  if (output_type === 'pyerr' || output_type === 'error') return { output_type: 'error', ...rest };
  const kind = output_type === 'pyout' ? 'execute_result' : output_type;
  const { prompt_number, ...values } = rest;
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [typeOfKey[key] ?? key, value]),
  );
  const count = kind === 'execute_result' ? { execution_count: prompt_number ?? null } : {};
  return { output_type: kind, metadata: isObject(metadata) ? metadata : {}, data, ...count };
}
