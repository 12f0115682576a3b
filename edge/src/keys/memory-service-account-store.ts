/** Service accounts in memory: for tests and simulation. */
import { limits } from '@cellbook/shared/limits.ts';
import type { KeyStore } from './key-store.ts';
import {
  type ServiceAccount,
  type ServiceAccountStore,
  tooManyServiceAccounts,
} from './service-account-store.ts';

export function createMemoryServiceAccountStore(deps: {
  keys: KeyStore;
  noteChange(subject: string, nowMs: number): Promise<void>;
}): ServiceAccountStore {
  const accounts: ServiceAccount[] = [];
  const find = (orgId: string, id: string) =>
    accounts.find((account) => account.orgId === orgId && account.id === id) ?? null;

  return {
    async create(account) {
      const known = find(account.orgId, account.id);
      if (known) return known;
      const { serviceAccountsPerOrgMax } = limits.edge;
      if (accounts.filter(({ orgId }) => orgId === account.orgId).length >= serviceAccountsPerOrgMax)
        throw tooManyServiceAccounts(account.orgId);
      const made = { ...account, disabledAtMs: null };
      accounts.push(made);
      return made;
    },
    async list(orgId) {
      return accounts.filter((account) => account.orgId === orgId);
    },
    async get(orgId, id) {
      return find(orgId, id);
    },
    async change(orgId, id, { name, role, disabled }, nowMs) {
      const account = find(orgId, id);
      if (!account) return null;
      account.name = name ?? account.name;
      account.role = role ?? account.role;
      if (disabled !== undefined) account.disabledAtMs = disabled ? (account.disabledAtMs ?? nowMs) : null;
      await deps.noteChange(id, nowMs);
      const of = { userId: id, orgId };
      if (disabled)
        for (const key of await deps.keys.list(of, nowMs)) await deps.keys.revoke(of, key.id, nowMs);
      return { ...account };
    },
  };
}
