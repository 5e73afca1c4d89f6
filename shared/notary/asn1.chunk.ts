export { Constructed, GeneralizedTime, Integer, Null, OctetString, fromBER } from 'asn1js';
export type { AsnType, BaseBlock } from 'asn1js';
export {
  AlgorithmIdentifier,
  BasicOCSPResponse,
  CertID,
  ContentInfo,
  IssuerAndSerialNumber,
  MessageImprint,
  OCSPRequest,
  OCSPResponse,
  Request,
  SignedData,
  TSTInfo,
  TimeStampReq,
  TimeStampResp,
} from 'pkijs';
export type { SignerInfo, SingleResponse } from 'pkijs';
