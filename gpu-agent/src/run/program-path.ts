/** Where programs find others; the agent's own path may lead elsewhere. */
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
