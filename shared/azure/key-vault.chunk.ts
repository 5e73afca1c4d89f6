export { CertificateClient } from '@azure/keyvault-certificates';
export { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
