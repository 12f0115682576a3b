/** `CELLBOOK_OIDC`: the OpenID providers that people sign in with, one object or a list of them. */
import { z } from 'zod';

/** Plain http is for a provider on this very machine, as tests and trials have it. */
const issuerSchema = z.url({ protocol: /^https?$/ }).refine((text) => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}, 'an issuer is https');

const claimName = z.string().min(1).max(100);

export const providerConfigSchema = z
  .object({
    /** In the address that the provider sends people back to: `/signin/{id}/callback`. */
    id: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/)
      .refine((id) => id !== 'development', 'this name is taken'),
    /** On the button: `Sign in with {name}`. */
    name: z.string().min(1).max(60),
    issuer: issuerSchema,
    clientId: z.string().min(1),
    /** None for a public client, which PKCE alone protects. */
    clientSecret: z.string().min(1).optional(),
    scopes: z.array(z.string()).default(['openid', 'profile', 'email']),
    claims: z
      .object({
        name: claimName.default('name'),
        email: claimName.default('email'),
        /** Its groups fill teams; absent: teams are filled by hand. */
        groups: claimName.optional(),
      })
      .strict()
      .prefault({}),
    /**
     * `claim`: an address counts where `email_verified` is true. `always`: the provider gives out the addresses
     * itself and sends no such claim, as a company's own directory does (Entra, one tenant).
     */
    emailVerified: z.enum(['claim', 'always']).default('claim'),
    /** Whose verified address is of none of these does not get in, and no other is believed; absent: everybody. */
    emailDomains: z.array(z.string().toLowerCase()).min(1).optional(),
  })
  .strict()
  .refine(
    ({ emailVerified, emailDomains }) => emailVerified === 'claim' || emailDomains !== undefined,
    'emailVerified "always" wants emailDomains: name the domains that are its own',
  );
export type ProviderConfig = z.infer<typeof providerConfigSchema>;

export const providersConfigSchema = z
  .union([providerConfigSchema.transform((one) => [one]), z.array(providerConfigSchema).min(1).max(16)])
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two providers of one id')
  .refine(
    (all) => new Set(all.map(({ issuer }) => issuer)).size === all.length,
    'two providers of one issuer',
  );
