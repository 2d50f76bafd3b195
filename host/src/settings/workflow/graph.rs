//! Do the steps of a workflow fit together? Ids are unique, needs exist, and none leads back.

use std::collections::{HashMap, HashSet};

use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::shape::MOST_STEPS;
use crate::settings::yaml::{Node, Position};

/// Names of a circle that are shown.
const SHOWN: usize = 12;

/// One step as another names it.
struct Need {
    /// Its place among the steps.
    step: usize,
    at: Position,
    path: String,
}

/// Note every id and every need that cannot be.
pub(super) fn check(steps: &[Node], notes: &mut Collector) {
    // Longer lists were noted, and looking for circles takes time for each.
    let steps = &steps[..steps.len().min(MOST_STEPS)];
    let ids: Vec<Option<&str>> = steps
        .iter()
        .map(|step| step.get("id").and_then(Node::text))
        .collect();
    let places = places(steps, &ids, notes);
    let mut known: Vec<&str> = places.keys().copied().collect();
    known.sort_by_key(|id| places[id]);
    let needs: Vec<Vec<Need>> = (0..steps.len())
        .map(|index| {
            let links = Links {
                place: index,
                id: ids[index],
                places: &places,
                known: &known,
            };
            links.read(&steps[index], notes)
        })
        .collect();
    let names: Vec<&str> = ids.iter().map(|id| id.unwrap_or("?")).collect();
    Circles::new(&names, &needs, notes).find();
}

/// Where each id is defined first.
fn places<'n>(
    steps: &[Node],
    ids: &[Option<&'n str>],
    notes: &mut Collector,
) -> HashMap<&'n str, usize> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (index, id) in ids.iter().enumerate() {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            continue;
        };
        let at = |step: usize| steps[step].get("id").map_or(steps[step].at, |id| id.at);
        if let Some(first) = places.get(id) {
            let message = format!(
                "The id '{}' is taken by the step in line {}",
                excerpt(id),
                at(*first).line
            );
            notes
                .error(at(index), &format!("steps[{index}].id"), message)
                .fix("give each step an id of its own");
        } else {
            places.insert(id, index);
        }
    }
    places
}

/// What one step says about others.
struct Links<'a> {
    place: usize,
    id: Option<&'a str>,
    places: &'a HashMap<&'a str, usize>,
    /// All ids in the order of the file.
    known: &'a [&'a str],
}

impl Links<'_> {
    /// The steps that it needs, with what is wrong about them noted.
    fn read(&self, step: &Node, notes: &mut Collector) -> Vec<Need> {
        let mut needs = Vec::new();
        for field in ["inputs", "needs"] {
            let items = step.get(field).map(Node::items).unwrap_or_default();
            let mut seen = HashSet::new();
            for (index, item) in items.iter().enumerate() {
                let Some(name) = item.text().filter(|name| !name.is_empty()) else {
                    continue;
                };
                let path = format!("steps[{}].{field}[{index}]", self.place);
                if !seen.insert(name) {
                    notes
                        .warning(
                            item.at,
                            &path,
                            format!("'{}' is named twice", excerpt(name)),
                        )
                        .fix("remove one of the two");
                    continue;
                }
                if let Some(step) = self.resolve(name, item.at, &path, notes) {
                    let at = item.at;
                    needs.push(Need { step, at, path });
                }
            }
        }
        needs
    }

    fn resolve(
        &self,
        name: &str,
        at: Position,
        path: &str,
        notes: &mut Collector,
    ) -> Option<usize> {
        if self.id == Some(name) {
            notes
                .error(
                    at,
                    path,
                    format!("The step '{}' needs itself", excerpt(name)),
                )
                .fix("remove it");
            return None;
        }
        let place = self.places.get(name).copied();
        if place.is_none() {
            let others = self.known.iter().copied().filter(|id| Some(*id) != self.id);
            notes
                .error(at, path, format!("Unknown step '{}'", excerpt(name)))
                .choose_from(name, others, "use the id of another step");
        }
        place
    }
}

/// A walk along all needs that notices when it comes back.
struct Circles<'a> {
    names: &'a [&'a str],
    needs: &'a [Vec<Need>],
    notes: &'a mut Collector,
    finished: Vec<bool>,
    /// Steps of circles that were told.
    told: Vec<bool>,
    /// The steps from where the walk began to where it is.
    trail: Vec<usize>,
}

impl<'a> Circles<'a> {
    fn new(names: &'a [&'a str], needs: &'a [Vec<Need>], notes: &'a mut Collector) -> Self {
        Self {
            names,
            needs,
            notes,
            finished: vec![false; needs.len()],
            told: vec![false; needs.len()],
            trail: Vec::new(),
        }
    }

    fn find(mut self) {
        for step in 0..self.needs.len() {
            self.walk(step);
        }
    }

    /// At most as deep as there are steps.
    fn walk(&mut self, step: usize) {
        if self.finished[step] {
            return;
        }
        self.trail.push(step);
        let needs = self.needs;
        for need in &needs[step] {
            match self
                .trail
                .iter()
                .position(|on_trail| *on_trail == need.step)
            {
                Some(start) => self.tell(start, need),
                None => self.walk(need.step),
            }
        }
        self.trail.pop();
        self.finished[step] = true;
    }

    /// Each step is told of in one circle at most: mending that one shows the next.
    fn tell(&mut self, start: usize, closing: &Need) {
        let circle = &self.trail[start..];
        if circle.iter().any(|step| self.told[*step]) {
            return;
        }
        for step in circle {
            self.told[*step] = true;
        }
        let mut names: Vec<String> = circle
            .iter()
            .take(SHOWN)
            .map(|step| excerpt(self.names[*step]))
            .collect();
        if circle.len() > SHOWN {
            names.push(format!("({} more)", circle.len() - SHOWN));
        }
        names.push(excerpt(self.names[closing.step]));
        let message = format!("Steps need each other in a circle: {}", names.join(" -> "));
        self.notes
            .error(closing.at, &closing.path, message)
            .fix("remove one of these needs");
    }
}
