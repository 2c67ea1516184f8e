use headgate_events::document::{self, DocumentError, Table};

/// What is known of an API of Microsoft: a document of its own in the folder `presets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Azure Resource Manager.
    AzureResourceManager,
    /// Power BI's REST API.
    PowerBi,
    /// Microsoft Graph.
    MicrosoftGraph,
    /// Dataverse's Web API; the upstream says its own `url` and `resource`.
    Dataverse,
}

impl Preset {
    /// Every preset by its name.
    pub const CHOICES: [(&'static str, Self); 4] = [
        ("azure-resource-manager", Self::AzureResourceManager),
        ("power-bi", Self::PowerBi),
        ("microsoft-graph", Self::MicrosoftGraph),
        ("dataverse", Self::Dataverse),
    ];
    pub(super) const LISTED: &'static str =
        "azure-resource-manager, power-bi, microsoft-graph or dataverse";

    /// The preset's document.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::AzureResourceManager => include_str!("../../presets/azure-resource-manager.toml"),
            Self::PowerBi => include_str!("../../presets/power-bi.toml"),
            Self::MicrosoftGraph => include_str!("../../presets/microsoft-graph.toml"),
            Self::Dataverse => include_str!("../../presets/dataverse.toml"),
        }
    }

    pub(super) fn table(self) -> Result<Table, DocumentError> {
        document::parse(self.text())
    }
}
