/**
 * For tests: s3rver over a directory, in a process of its own, since what it does not catch of a full disk would
 * otherwise be the test's. Says its port to its parent and ends with it.
 */
import S3rver from 's3rver';

process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'ENOSPC') throw error;
});
process.on('disconnect', () => process.exit(0));
const directory = process.argv[2] ?? '';
const configureBuckets = [{ name: 'cells', configs: [] }];
const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
process.send?.((await server.run()).port);
