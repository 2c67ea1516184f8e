"""What tokens the official packages msal and azure-identity (PyPI) get, and what they ask for them.

Standard input is {"ca": FILE, "authority": URL, "jobs": [...]}, standard output the array of answers, in the same order. An answer has the token and
every request that was made: its method, its address without the query, the query and the form as objects, and the headers. What a package
refuses is answered as {"refused": why}.
"""

import json
import os
import sys
from urllib.parse import parse_qsl, urlsplit

import msal
import requests
from azure import identity

STANDING = json.load(sys.stdin)
asked = []
# The refresh tokens that came: msal keeps them to itself.
given = []
send = requests.Session.send


def recording(session, request, **arguments):
    """Every request of both packages comes by here, and trusts the test's certificate."""
    arguments["verify"] = STANDING["ca"]
    if "/common/userrealm/" in request.url:
        # msal forgets the port when it asks for a person's home.
        request.url = request.url.replace("https://localhost/", f"{STANDING['authority']}/")
    parts = urlsplit(request.url)
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    asked.append({
        "method": request.method,
        "address": f"{parts.scheme}://{parts.netloc}{parts.path}",
        "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
        "form": dict(parse_qsl(body or "", keep_blank_values=True)),
        "headers": {name.lower(): value for name, value in request.headers.items()},
    })
    response = send(session, request, **arguments)
    if '"refresh_token"' in response.text:
        given.append(response.json()["refresh_token"])
    return response


requests.Session.send = recording


def secret_of(job):
    """The client's proof as msal takes it."""
    match job["proof"]:
        case {"secret": secret}:
            return secret
        case {"certificate": certificate, "key": key}:
            return {"private_key": key, "public_certificate": certificate}
        case {"assertion-file": path}:
            with open(path, encoding="utf-8") as file:
                return {"client_assertion": file.read()}


def confidential(job):
    return msal.ConfidentialClientApplication(
        job["client"],
        client_credential=secret_of(job),
        authority=f"{job['authority']}/{job['tenant']}",
        instance_discovery=False,
    )


def token_of(result):
    if "access_token" not in result:
        raise RuntimeError(f"{result.get('error')}: {result.get('error_description')}")
    return result["access_token"]


def consented(url):
    """Does what the browser of a person does who consents, and gives the code."""
    session = requests.Session()
    page = session.get(url, allow_redirects=False)
    asked.pop()
    return dict(parse_qsl(urlsplit(page.headers["Location"]).query))["code"]


def redeemed(app, job):
    flow = app.initiate_auth_code_flow([job["scope"]], redirect_uri=job["redirect-uri"])
    code = consented(flow["auth_uri"])
    # The peer gives no ID token, on which the newer method of msal insists.
    verifier = {"code_verifier": flow["code_verifier"]}
    return app.acquire_token_by_authorization_code(
        code, [job["scope"]], redirect_uri=job["redirect-uri"], data=verifier
    )


def msal_code(job):
    return redeemed(confidential(job), job)


def msal_refresh(job):
    app = confidential(job)
    redeemed(app, job)
    return app.acquire_token_by_refresh_token(given[-1], [job["scope"]])


def msal_password(job):
    app = msal.PublicClientApplication(
        job["client"], authority=f"{job['authority']}/{job['tenant']}", instance_discovery=False
    )
    return app.acquire_token_by_username_password(job["username"], job["password"], [job["scope"]])


def msal_managed(job):
    if "arc-folder" in job:
        msal.managed_identity._supported_arc_platforms_and_their_prefixes[sys.platform] = job["arc-folder"]
    named = job.get("named")
    who = msal.UserAssignedManagedIdentity(client_id=named) if named else msal.SystemAssignedManagedIdentity()
    client = msal.ManagedIdentityClient(who, http_client=requests.Session())
    return client.acquire_token_for_client(resource=job["scope"].removesuffix("/.default"))


MSAL = {
    "application": lambda job: confidential(job).acquire_token_for_client([job["scope"]]),
    "code": msal_code,
    "refresh": msal_refresh,
    "password": msal_password,
    "on-behalf-of": lambda job: confidential(job).acquire_token_on_behalf_of(job["caller"], [job["scope"]]),
    "managed-identity": msal_managed,
}


def options(job):
    return {"authority": job["authority"], "disable_instance_discovery": True}


def azure_application(job):
    who = (job["tenant"], job["client"])
    match job["proof"]:
        case {"secret": secret}:
            return identity.ClientSecretCredential(*who, secret, **options(job))
        case {"certificate": certificate, "key": key}:
            data = f"{key}{certificate}".encode()
            return identity.CertificateCredential(*who, certificate_data=data, **options(job))
        case {"assertion-file": path}:
            return identity.WorkloadIdentityCredential(
                tenant_id=who[0], client_id=who[1], token_file_path=path, **options(job)
            )


def azure_code(job):
    app = confidential(job)
    url = app.get_authorization_request_url([job["scope"]], redirect_uri=job["redirect-uri"])
    code = consented(url)
    asked.clear()
    return identity.AuthorizationCodeCredential(
        job["tenant"],
        job["client"],
        code,
        job["redirect-uri"],
        client_secret=job["proof"]["secret"],
        **options(job),
    )


def azure_managed(job):
    if "arc-folder" in job:
        msal.managed_identity._supported_arc_platforms_and_their_prefixes[sys.platform] = job["arc-folder"]
    named = {"client_id": job["named"]} if "named" in job else {}
    more = {"disable_instance_discovery": True} if "AZURE_FEDERATED_TOKEN_FILE" in os.environ else {}
    return identity.ManagedIdentityCredential(**named, **more)


AZURE = {
    "application": azure_application,
    "code": azure_code,
    "on-behalf-of": lambda job: identity.OnBehalfOfCredential(
        job["tenant"],
        job["client"],
        client_secret=job["proof"]["secret"],
        user_assertion=job["caller"],
        **options(job),
    ),
    "managed-identity": azure_managed,
}


def done(job):
    asked.clear()
    own = job.get("environment", {})
    os.environ.update(own)
    try:
        if job["package"] == "msal":
            token = token_of(MSAL[job["do"]](job))
        else:
            token = AZURE[job["do"]](job).get_token(job["scope"]).token
        return {"token": token, "asked": list(asked)}
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    finally:
        for name in own:
            del os.environ[name]


json.dump([done(job) for job in STANDING["jobs"]], sys.stdout)
