//! Connections: what passes because of what passed before.

mod cut_off;
mod fragments;
mod laws;
mod pressure;
mod protocols;
mod related;
mod replies;
mod tcp;
mod world;
