//! stub
pub mod soapy;
