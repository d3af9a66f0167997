//! Services and EndpointSlices in the compact form of case files, and back.

use netpol_core::model::{
    Endpoint, EndpointPort, EndpointSlice, Labels, Object, Service, ServiceSpec,
};
use serde::{Deserialize, Serialize};

use super::rows::{metadata, qualified};

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRow {
    /// `namespace/name`.
    pub name: String,
    /// Its spec, with the fields of the API.
    #[serde(flatten)]
    pub spec: ServiceSpec,
}

/// An EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSliceRow {
    /// `namespace/name`.
    pub name: String,
    /// The name of its Service; left out: the label that names it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `addressType`; left out: `IPv4`.
    #[serde(default = "ipv4", skip_serializing_if = "is_ipv4")]
    pub address_type: String,
    /// With the fields of the API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    /// With the fields of the API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<EndpointPort>,
}

impl ServiceRow {
    /// The object.
    ///
    /// # Errors
    ///
    /// Says which part of the row is malformed.
    pub fn object(&self) -> Result<Object, String> {
        let metadata = metadata(&self.name)?;
        Ok(Object::Service(Service { metadata, spec: self.spec.clone() }))
    }

    /// The row for an object.
    #[must_use]
    pub fn new(service: &Service) -> ServiceRow {
        ServiceRow { name: qualified(&service.metadata), spec: service.spec.clone() }
    }
}

impl EndpointSliceRow {
    /// The object.
    ///
    /// # Errors
    ///
    /// Says which part of the row is malformed.
    pub fn object(&self) -> Result<Object, String> {
        let mut metadata = metadata(&self.name)?;
        let label = |service: &String| (EndpointSlice::SERVICE_NAME.to_owned(), service.clone());
        metadata.labels = self.service.iter().map(label).collect::<Labels>();
        Ok(Object::EndpointSlice(EndpointSlice {
            metadata,
            address_type: self.address_type.clone(),
            endpoints: self.endpoints.clone(),
            ports: self.ports.clone(),
        }))
    }

    /// The row for an object.
    #[must_use]
    pub fn new(slice: &EndpointSlice) -> EndpointSliceRow {
        EndpointSliceRow {
            name: qualified(&slice.metadata),
            service: slice.metadata.labels.get(EndpointSlice::SERVICE_NAME).cloned(),
            address_type: slice.address_type.clone(),
            endpoints: slice.endpoints.clone(),
            ports: slice.ports.clone(),
        }
    }
}

fn ipv4() -> String {
    "IPv4".to_owned()
}

fn is_ipv4(address_type: &str) -> bool {
    address_type == "IPv4"
}
