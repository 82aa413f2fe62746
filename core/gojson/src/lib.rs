//! muster-gojson
