import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Caller, decide } from './access.ts';
import { permissionSchema, scopeSchema } from './permissions.ts';
import { parseSpecTable } from './testing/spec-table.ts';

const cells = parseSpecTable(readFileSync(new URL('access.ts', import.meta.url), 'utf8'));
const listed = [...new Set(cells.map(({ permission }) => permission))];
const signedIn = { scopes: null, via: 'session' } as const;

describe('the table of permissions', () => {
  it('has a row for each permission and nothing else', () => {
    expect(listed.sort()).toEqual([...permissionSchema.options].sort());
    expect(new Set(cells.map(({ answer }) => answer))).toEqual(new Set(['yes', 'no']));
  });

  it.each(cells)('$role, $relation, $permission: $answer', ({ permission, role, relation, answer }) => {
    expect(decide({ ...signedIn, role }, permission, relation).allowed).toBe(answer === 'yes');
  });

  it('gives nobody but an operator anything foreign, and does not show that it is there', () => {
    for (const role of ['viewer', 'member', 'admin'] as const) {
      for (const permission of permissionSchema.options) {
        expect(decide({ ...signedIn, role }, permission, 'foreign')).toEqual({
          allowed: false,
          because: 'unseen',
        });
      }
    }
  });
});

describe('a key', () => {
  it('never allows more than its owner may', () => {
    for (const scope of scopeSchema.options)
      for (const permission of permissionSchema.options) {
        const caller: Caller = { role: 'viewer', scopes: [scope], via: 'token' };
        const owner = decide({ ...signedIn, role: 'viewer' }, permission, 'own');
        if (decide(caller, permission, 'own').allowed) expect(owner.allowed).toBe(true);
      }
  });

  it('says that a scope is missing where its owner may', () => {
    const caller: Caller = { role: 'admin', scopes: ['workspaces:read'], via: 'token' };
    expect(decide(caller, 'workspace.create', 'own')).toEqual({ allowed: false, because: 'scope' });
    expect(decide(caller, 'workspace.read', 'own')).toEqual({ allowed: true });
  });

  it('with no scope at all may nothing', () => {
    for (const permission of permissionSchema.options)
      expect(decide({ role: 'admin', scopes: [], via: 'token' }, permission, 'own').allowed).toBe(false);
  });
});

it('a page of a workspace may use its notebooks and change nothing about the workspace', () => {
  const page = { role: 'admin', scopes: null, via: 'workspace' } as const;
  expect(decide(page, 'notebook.use', 'own')).toEqual({ allowed: true });
  for (const permission of ['workspace.operate', 'secret.write', 'key.write', 'workspace.list'] as const)
    expect(decide(page, permission, 'own')).toEqual({ allowed: false, because: 'origin' });
});
