/**
 * Tells task-lib to leave out its debug lines where nobody sees them; to be imported before it. The agent drops them
 * unless System.Debug is on, yet each is a write that it reads, and there is one for every file that is passed.
 *
 * @see https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/internal.ts
 */
process.env['DISTRIBUTEDTASK_TASKS_NODE_SKIPDEBUGLOGSWHENDEBUGMODEOFF'] ??= 'true';
