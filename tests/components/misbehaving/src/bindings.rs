spin_sdk::wit_bindgen::generate!({
    path: ["../../../shared/spin/wit/deps/headgate-digest", "../../../infra/local/wit"],
    world: "headgate:local/guest-imports",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    generate_all,
});
