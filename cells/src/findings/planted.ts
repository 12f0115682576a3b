/**
 * Credentials that open nothing, for tests and the measurement: each is put together here, so that no scanner
 * of repositories takes this file for a leak. Every line of a person's day: assigned, passed, printed.
 */
import { generateKeyPairSync } from 'node:crypto';

const letters = 'aB3dE5fG7hJ9kL2mN4pQ6rS8tU0vW1xY';
const drawn = (length: number): string => letters.repeat(8).slice(3, 3 + length);
const digits = (length: number): string => '4719382650'.repeat(4).slice(0, length);
/** Drawn here and thrown away: a rule that looks into the key finds a real one. */
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export interface Planted {
  kind: string;
  credential: string;
  /** A line of Python with it. */
  code: string;
}

const plant = (kind: string, credential: string, code = (text: string) => `token = "${text}"`): Planted => ({
  kind,
  credential,
  code: code(credential),
});

export const planted: readonly Planted[] = [
  plant('GitHub token', `gh${'p_'}${drawn(36)}`),
  plant('GitHub fine-grained token', `github_${'pat_'}${drawn(22)}_${drawn(59)}`),
  plant('GitLab token', `glpat${'-'}${drawn(20)}`),
  plant('AWS secret access key', `${drawn(20)}/${drawn(19)}`, (text) => `aws_secret_access_key = "${text}"`),
  plant('Slack bot token', `xox${'b-'}${digits(12)}-${digits(12)}-${drawn(24)}`),
  plant('OpenAI key', `sk-${'proj-'}${drawn(74)}T3Blbk${'FJ'}${drawn(74)}`),
  plant('Anthropic key', `sk-${'ant-api03-'}${drawn(93)}AA`),
  plant('Hugging Face token', `hf${'_'}${letters.replaceAll(/\d/g, 'z').repeat(2).slice(0, 34)}`),
  plant('SendGrid key', `SG${'.'}${drawn(22)}.${drawn(43)}`),
  plant('npm token', `npm${'_'}${drawn(36)}`),
  plant('private key', String(ec.export({ type: 'pkcs8', format: 'pem' })), (text) => `key = """${text}"""`),
  plant(
    'EC private key',
    String(ec.export({ type: 'sec1', format: 'pem' })),
    (text) => `key = """${text}"""`,
  ),
  plant(
    'Postgres connection',
    `postgres${'://'}reporting:${drawn(16)}@db.example.org:5432/sales`,
    (text) => `engine = create_engine("${text}")`,
  ),
  plant('address with a password', `https${'://'}reporting:${drawn(16)}@data.example.org/export.csv`),
  plant('Groq key', `gsk${'_'}${drawn(52)}`),
  plant('Docker Hub token', `dckr${'_pat_'}${drawn(27)}`),
  plant('Databricks token', `dapi${digits(16)}abcdef0123456789`),
  plant('Vault token', `hvs${'.'}${drawn(24)}${drawn(70)}`),
  plant('Notion token', `ntn${'_'}${digits(11)}${drawn(35)}`),
  plant('Grafana service account', `gls${'a_'}${drawn(32)}_0a1b2c3d`),
  plant('Google API key', `AIza${drawn(35)}`, (text) => `genai.configure(api_key="${text}")`),
  plant('Stripe secret key', `sk${'_live_'}${drawn(24)}`),
  plant('password in code', drawn(16), (text) => `conn = psycopg.connect(host="db", password="${text}")`),
];
