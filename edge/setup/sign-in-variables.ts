/**
 * How one signs in, from the environment that set-up runs in: without a word, by the development form. A mistake
 * is told here, once, and not by every request.
 */
import { providersConfigSchema } from '../src/identity/oidc/provider-config.ts';

export function signInVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { CELLBOOK_SIGN_IN, CELLBOOK_OIDC, CELLBOOK_OPERATORS } = environment;
  if (CELLBOOK_OIDC) providersConfigSchema.parse(JSON.parse(CELLBOOK_OIDC));
  return {
    CELLBOOK_SIGN_IN: CELLBOOK_SIGN_IN || (CELLBOOK_OIDC ? 'oidc' : 'development'),
    // The file's values stand between apostrophes; in JSON there is another way to write one.
    ...(CELLBOOK_OIDC && { CELLBOOK_OIDC: CELLBOOK_OIDC.replaceAll("'", '\\u0027') }),
    ...(CELLBOOK_OPERATORS && { CELLBOOK_OPERATORS: CELLBOOK_OPERATORS.replaceAll("'", '') }),
  };
}
