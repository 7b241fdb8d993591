//! Residuals of simulated tracks against those of real ones.
