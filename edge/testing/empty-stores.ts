/** All files of a run share one workerd, which takes seconds to start and to load (vitest.config.ts): each begins with empty stores. */
import { reset } from 'cloudflare:test';
import { beforeAll } from 'vitest';

beforeAll(reset);
