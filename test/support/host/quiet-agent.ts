// Read by task-lib when it is loaded: where its functions are called without an agent, nobody wants its debug lines.
process.env['DISTRIBUTEDTASK_TASKS_NODE_SKIPDEBUGLOGSWHENDEBUGMODEOFF'] = 'true';
