import { adoptSandbox } from './adopt-sandbox.ts';
import { announceRunning } from './announce-running.ts';
import { attachFiles } from './attach-files.ts';
import { detachFiles } from './detach-files.ts';
import { flushFiles } from './flush-files.ts';
import { forgetMemory } from './forget-memory.ts';
import { injectSecrets } from './inject-secrets.ts';
import { purge } from './purge.ts';
import { quiesceGateway } from './quiesce-gateway.ts';
import { sleepSandbox } from './sleep-sandbox.ts';
import { startSandbox } from './start-sandbox.ts';
import type { Steps } from './step.ts';
import { stopSandbox } from './stop-sandbox.ts';
import { storeMemory } from './store-memory.ts';

export const allSteps: Steps = {
  attach_files: attachFiles,
  start_sandbox: startSandbox,
  inject_secrets: injectSecrets,
  adopt_sandbox: adoptSandbox,
  announce_running: announceRunning,
  quiesce_gateway: quiesceGateway,
  flush_files: flushFiles,
  sleep_sandbox: sleepSandbox,
  store_memory: storeMemory,
  forget_memory: forgetMemory,
  stop_sandbox: stopSandbox,
  flush_rest: flushFiles,
  detach_files: detachFiles,
  purge,
};
