/** `api/spec.yaml`: the Jupyter Server API of a workspace, as OpenAPI. */

const ok = (description: string) => ({ 200: { description } });
const gone = (description: string) => ({ 204: { description } });
const made = (description: string) => ({ 201: { description } });
const path = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });
const operation = (summary: string, responses: Record<number, { description: string }>) => ({
  summary,
  responses: { ...responses, default: { description: 'A typed error: {code, message, reason, next}' } },
});

const kernel = path('kernel_id');
const session = path('session_id');
const file = path('path');

export const apiSpec = {
  openapi: '3.1.0',
  info: { title: 'Jupyter Server API of a Cellbook workspace', version: '2' },
  paths: {
    '/api/': { get: operation('Version of the API', ok('{version}')) },
    '/api/status': { get: operation('Kernels, connections, last activity', ok('The status')) },
    '/api/me': {
      get: operation('Who you are and what you may do', ok('{identity, permissions}')),
      patch: operation('Choose your colour', ok('{status, identity}')),
    },
    '/api/kernelspecs': { get: operation('Kernels that can be started', ok('{default, kernelspecs}')) },
    '/api/kernels': {
      get: operation('Kernels, running or parked', ok('A list of kernels')),
      post: operation('Start a kernel: {name, path, kernel_id}', made('The kernel')),
    },
    '/api/kernels/{kernel_id}': {
      parameters: [kernel],
      get: operation('One kernel', ok('The kernel')),
      delete: operation('Shut it down', gone('It is gone')),
    },
    '/api/kernels/{kernel_id}/interrupt': {
      parameters: [kernel],
      post: operation('Interrupt what it runs', gone('It was interrupted')),
    },
    '/api/kernels/{kernel_id}/restart': {
      parameters: [kernel],
      post: operation('Restart it under its id', ok('The kernel')),
    },
    '/api/kernels/{kernel_id}/channels': {
      parameters: [kernel, { name: 'session_id', in: 'query', schema: { type: 'string' } }],
      get: operation('WebSocket to the kernel', { 101: { description: 'Jupyter messages both ways' } }),
    },
    '/api/sessions': {
      get: operation('Documents with a kernel', ok('A list of sessions')),
      post: operation('Open one: {path, type, name, kernel: {name, id}}', made('The session')),
    },
    '/api/sessions/{session_id}': {
      parameters: [session],
      get: operation('One session', ok('The session')),
      patch: operation('Change path, name, type or kernel', ok('The session')),
      delete: operation('End it with its kernel', gone('It is gone')),
    },
    '/api/terminals': {
      get: operation('Terminals', ok('A list of terminals')),
      post: operation('Open one: {name, cwd}', ok('The terminal')),
    },
    '/api/terminals/{name}': {
      parameters: [path('name')],
      get: operation('One terminal', ok('The terminal')),
      delete: operation('Close it', gone('It is gone')),
    },
    '/api/contents/{path}': {
      parameters: [file],
      get: operation('A file, notebook or directory', ok('The contents model')),
      put: operation('Save', ok('It was replaced')),
      post: operation('Create or copy in a directory', made('The new contents model')),
      patch: operation('Rename', ok('The contents model')),
      delete: operation('Delete', gone('It is gone')),
    },
    '/api/config/{section_name}': {
      parameters: [path('section_name')],
      get: operation('A section of configuration', ok('The section')),
      put: operation('Replace it', gone('It was stored')),
      patch: operation('Merge into it; null deletes', ok('The section')),
    },
    '/api/events': { post: operation('Emit an event: {schema_id, version, data}', gone('It was emitted')) },
    '/api/nbconvert': { get: operation('Formats a notebook can be converted to', ok('Formats by name')) },
  },
};
