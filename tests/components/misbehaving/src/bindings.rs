spin_sdk::wit_bindgen::generate!({
    path: "../../../infra/local/wit",
    world: "guest-imports",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    generate_all,
});
