export {
  cacheFile,
  downloadToolWithRetries,
  extractTar,
  extractZip,
  findLocalTool,
} from 'azure-pipelines-tool-lib/tool.js';
