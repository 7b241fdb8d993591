//! Where a message that is not for the autopilot alone must go: what each line has been heard of, and the rules of ArduPilot's
//! `MAVLink_routing::check_and_forward`, whose comment states them.
//!
//! Heartbeats go to every line but those on which their sender was heard. Broadcasts go to every line that anybody was
//! heard on. What has a target goes where that system (and, in our own system, that component) was heard. Never back to where
//! it came from. RADIO_STATUS stays. PX4 forwards by the same idea (`Mavlink::forward_message`), and one rule serves both.

/// Of ArduPilot's MAVLINK_MAX_ROUTES.
const ROUTES_MAX: usize = 20;
const HEARTBEAT: u32 = 0;
const RADIO_STATUS: u32 = 109;
const RADIO: u32 = 166;

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Route {
    system: u8,
    component: u8,
    link: usize,
}

/// What came, and to whom it is addressed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// Message id.
    pub id: u32,
    /// Sender: system, component.
    pub from: (u8, u8),
    /// Target system; `None` when the message has no such field.
    pub system: Option<u8>,
    /// Target component; `None` when the message has no such field.
    pub component: Option<u8>,
}

/// What to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The autopilot itself reads it.
    pub is_for_us: bool,
    /// Links it is passed on to.
    pub to: Vec<usize>,
}

/// Which system and component was heard on which link.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    routes: Vec<Route>,
}

impl Routes {
    /// A link is gone.
    pub fn forget(&mut self, link: usize) {
        self.routes.retain(|route| route.link != link);
    }

    /// Decides on a message that came on `link`; `links` are those that are open, `own` is the autopilot.
    pub fn pass(&mut self, own: (u8, u8), link: usize, links: &[usize], message: &Passing) -> Verdict {
        let for_us_only = Verdict { is_for_us: true, to: Vec::new() };
        if message.from == own {
            return for_us_only;
        }
        self.learn(message.from, link);
        match message.id {
            RADIO | RADIO_STATUS => return for_us_only,
            HEARTBEAT => return Verdict { is_for_us: true, to: self.not_from(message.from, link, links) },
            _ => {}
        }
        let is_for_all_systems = matches!(message.system, None | Some(0));
        let is_for_all_components = matches!(message.component, None | Some(0));
        let is_our_system = is_for_all_systems || message.system == Some(own.0);
        let is_for_us = is_our_system && (is_for_all_components || message.component == Some(own.1));
        if is_for_us && !is_for_all_systems && !is_for_all_components {
            return for_us_only;
        }
        let mut to = Vec::new();
        for route in &self.routes {
            let is_target = is_for_all_systems
                || message.system == Some(route.system)
                    && (is_for_all_components
                        || message.component == Some(route.component)
                        || !is_our_system);
            if is_target && route.link != link && !to.contains(&route.link) {
                to.push(route.link);
            }
        }
        Verdict { is_for_us: is_for_us || (to.is_empty() && is_our_system), to }
    }

    fn learn(&mut self, from: (u8, u8), link: usize) {
        let route = Route { system: from.0, component: from.1, link };
        if from.0 != 0 && self.routes.len() < ROUTES_MAX && !self.routes.contains(&route) {
            self.routes.push(route);
        }
    }

    fn not_from(&self, from: (u8, u8), link: usize, links: &[usize]) -> Vec<usize> {
        let is_known = |other| {
            self.routes
                .iter()
                .any(|route| (route.system, route.component, route.link) == (from.0, from.1, other))
        };
        links.iter().copied().filter(|&other| other != link && !is_known(other)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: (u8, u8) = (1, 1);
    const LINKS: [usize; 3] = [0, 1, 2];

    fn beat(from: (u8, u8)) -> Passing {
        Passing { id: HEARTBEAT, from, system: None, component: None }
    }

    fn command(from: (u8, u8), system: u8, component: u8) -> Passing {
        Passing { id: 76, from, system: Some(system), component: Some(component) }
    }

    /// A ground station on link 0, a companion on link 1, nobody on link 2.
    fn heard() -> Routes {
        let mut routes = Routes::default();
        assert_eq!(routes.pass(OWN, 0, &LINKS, &beat((255, 190))).to, [1, 2]);
        assert_eq!(routes.pass(OWN, 1, &LINKS, &beat((1, 191))).to, [0, 2]);
        routes
    }

    #[test]
    fn each_goes_where_it_is_known() {
        let mut routes = heard();
        let mut pass = |link, message| {
            let verdict = routes.pass(OWN, link, &LINKS, &message);
            (verdict.is_for_us, verdict.to)
        };
        assert_eq!(pass(0, command((255, 190), 1, 1)), (true, vec![]));
        assert_eq!(pass(0, command((255, 190), 1, 191)), (false, vec![1]));
        assert_eq!(pass(0, command((255, 190), 1, 0)), (true, vec![1]));
        assert_eq!(pass(1, command((1, 191), 255, 190)), (false, vec![0]));
        assert_eq!(
            pass(1, command((1, 191), 255, 1)),
            (false, vec![0]),
            "other systems know their components"
        );
        assert_eq!(pass(0, command((255, 190), 1, 154)), (true, vec![]), "rule 1e: nobody else is there");
        assert_eq!(pass(0, command((255, 190), 7, 1)), (false, vec![]), "nobody's");
        let text = Passing { id: 253, from: (1, 191), system: None, component: None };
        assert_eq!(pass(1, text), (true, vec![0]), "link 2 has never been heard");
    }

    #[test]
    fn nothing_comes_back() {
        let mut routes = heard();
        assert_eq!(routes.pass(OWN, 2, &LINKS, &beat((1, 191))).to, [0], "it is heard on 1 and 2 now");
        assert_eq!(routes.pass(OWN, 2, &LINKS, &beat(OWN)).to, [0usize; 0], "our own, by a loop");
        let radio = Passing { id: RADIO_STATUS, ..beat((51, 68)) };
        assert_eq!(routes.pass(OWN, 2, &LINKS, &radio).to, [0usize; 0]);
        routes.forget(1);
        assert_eq!(routes.pass(OWN, 0, &LINKS, &command((255, 190), 1, 191)).to, [2]);
    }
}
