//! How fast the daemon stops: from a cause at the autopilot to the last movement that the autopilot receives.
