//! From a field back to its place in the text.

use netpol_core::field::{Location, Path};
use netpol_core::manifest::{Manifest, ReadOptions};

use super::read;

const TEXT: &str = "\
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a, labels: {app: web}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata:
    name: Bé
  spec:
    podSelector: {}
    ingress:
    - from:
      - ipBlock:
          cidr: 10.0.0.0/8
          except:
          - 10.1.0.0/16
      - podSelector:
kind: List
";

fn spots(manifest: &Manifest, wanted: &[(usize, Path)]) -> Vec<String> {
    let show = |place: Option<Location>| place.map_or("-".into(), |place| place.to_string());
    manifest.locate(wanted).into_iter().map(show).collect()
}

#[test]
fn fields_elements_and_what_is_not_there() {
    let manifest = read(TEXT);
    let rule = Path::new("spec").child("ingress").index(0);
    let peer = rule.child("from").index(0).child("ipBlock");
    let wanted: Vec<(usize, Path)> = [
        (1, Path::new("metadata").child("name"), "9:11"),
        (1, peer.child("cidr"), "15:17"),
        (1, peer.child("except").index(0), "17:13"),
        (1, peer.child("except"), "16:11"),
        (1, rule.child("from").index(0), "14:9"),
        (1, rule.child("from").index(1), "18:9"),
        (1, rule.child("from").index(1).child("podSelector"), "18:9"),
        (1, rule.child("ports").index(3).child("port"), "13:7"),
        (1, Path::new("spec").child("podSelector"), "11:5"),
        (1, Path::new("metadata").child("namespace"), "8:3"),
        (1, Path::root(), "6:3"),
        (0, Path::new("metadata").child("labels").key("app"), "5:37"),
        (0, Path::new("metadata").child("labels").key("no"), "5:23"),
        (7, Path::root(), "-"),
    ]
    .into_iter()
    .map(|(object, path, _)| (object, path))
    .collect();
    assert_eq!(
        spots(&manifest, &wanted),
        [
            "9:11", "15:17", "17:13", "16:11", "14:9", "18:9", "18:9", "13:7", "11:5", "8:3",
            "6:3", "5:37", "5:23", "-"
        ]
    );
}

#[test]
fn places_span_the_text_they_mean() {
    let manifest = read(TEXT);
    let [Some(place)] = manifest.locate(&[(1, Path::new("metadata").child("name"))])[..] else {
        panic!()
    };
    assert_eq!(&TEXT[place.offset as usize..][..place.length as usize], "Bé");
}

#[test]
fn across_texts_json_lists_and_aliases() {
    let options = ReadOptions::default();
    let json = r#"{"kind": "PodList", "apiVersion": "v1", "items": [
  {"metadata": {"name": "x"}},
  {"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ünï", "uid": "y"}}]}
]}"#;
    let yaml = "apiVersion: v1\nkind: Pod\nmetadata: &m\n  name: p\nspec: *m\n";
    let mut manifest = Manifest::read(Some("a.json"), json.as_bytes(), &options);
    manifest.append(Manifest::read(Some("b.yaml"), yaml.as_bytes(), &options));
    assert_eq!(manifest.findings(), []);
    let name = Path::new("metadata").child("name");
    let uid = Path::new("metadata").child("uid");
    let wanted = [(2, name.clone()), (1, uid), (0, name), (2, Path::new("spec").child("name"))];
    assert_eq!(spots(&manifest, &wanted), ["4:9", "4:77", "2:25", "4:9"]);
    assert_eq!(manifest.place(2).0.as_deref(), Some("b.yaml"));
}

#[test]
fn thousands_at_once() {
    let mut text = String::from("apiVersion: v1\nkind: List\nitems:\n");
    for number in 0..5_000 {
        text.push_str(&format!("- {{apiVersion: v1, kind: Pod, metadata: {{name: p{number}}}}}\n"));
    }
    let manifest = read(&text);
    let name = Path::new("metadata").child("name");
    let wanted: Vec<_> = (0..5_000).rev().map(|object| (object, name.clone())).collect();
    let places = manifest.locate(&wanted);
    for ((object, _), place) in wanted.iter().zip(places) {
        assert_eq!(place.unwrap().line as usize, object + 4);
    }
}
