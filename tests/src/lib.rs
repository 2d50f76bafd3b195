mod lcg;

pub use lcg::Lcg;
