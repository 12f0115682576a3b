"""Contains all the data models used in inputs/outputs"""

from .act_in_organisation_body import ActInOrganisationBody
from .audit_action import AuditAction
from .audit_event import AuditEvent
from .audit_event_code import AuditEventCode
from .audit_event_details import AuditEventDetails
from .audit_event_from import AuditEventFrom
from .audit_event_result import AuditEventResult
from .audit_event_v import AuditEventV
from .audit_event_which import AuditEventWhich
from .audit_event_who import AuditEventWho
from .audit_event_who_kind import AuditEventWhoKind
from .audit_event_who_via_type_0 import AuditEventWhoViaType0
from .audit_outcome import AuditOutcome
from .audit_page import AuditPage
from .audit_policy import AuditPolicy
from .audit_scope import AuditScope
from .cell_diff import CellDiff
from .cell_diff_op import CellDiffOp
from .cell_list import CellList
from .cell_view import CellView
from .change_org_body import ChangeOrgBody
from .change_service_account_body import ChangeServiceAccountBody
from .create_invitation_body import CreateInvitationBody
from .create_key_body import CreateKeyBody
from .create_org_body import CreateOrgBody
from .create_service_account_body import CreateServiceAccountBody
from .create_service_account_key_body import CreateServiceAccountKeyBody
from .create_team_body import CreateTeamBody
from .create_token_body import CreateTokenBody
from .create_workspace import CreateWorkspace
from .create_workspace_desired import CreateWorkspaceDesired
from .desired import Desired
from .diff_versions_other_type_1 import DiffVersionsOtherType1
from .edit_workspace import EditWorkspace
from .egress_connection import EgressConnection
from .egress_connection_result import EgressConnectionResult
from .egress_list import EgressList
from .environment import Environment
from .environment_previous_type_0 import EnvironmentPreviousType0
from .environment_reset import EnvironmentReset
from .environment_reset_to import EnvironmentResetTo
from .environment_state import EnvironmentState
from .error import Error
from .error_code import ErrorCode
from .error_ids import ErrorIds
from .export_audit_format import ExportAuditFormat
from .export_edge_audit_format import ExportEdgeAuditFormat
from .file_diff_type_0 import FileDiffType0
from .file_diff_type_0_kind import FileDiffType0Kind
from .file_diff_type_1 import FileDiffType1
from .file_diff_type_1_kind import FileDiffType1Kind
from .file_diff_type_2 import FileDiffType2
from .file_diff_type_2_kind import FileDiffType2Kind
from .finding import Finding
from .finding_list import FindingList
from .finding_part import FindingPart
from .flagged_file import FlaggedFile
from .forget_versions_body import ForgetVersionsBody
from .get_usage_by import GetUsageBy
from .get_usage_group import GetUsageGroup
from .get_usage_of import GetUsageOf
from .held import Held
from .invitation import Invitation
from .invitation_list import InvitationList
from .kept import Kept
from .key import Key
from .key_list import KeyList
from .lines_item import LinesItem
from .lines_item_op import LinesItemOp
from .list_sessions_response_200 import ListSessionsResponse200
from .list_sessions_response_200_sessions_item import (
    ListSessionsResponse200SessionsItem,
)
from .list_workspaces_of import ListWorkspacesOf
from .locked_package import LockedPackage
from .made_invitation import MadeInvitation
from .made_key import MadeKey
from .made_token import MadeToken
from .me_response_200 import MeResponse200
from .me_response_200_via import MeResponse200Via
from .member import Member
from .member_list import MemberList
from .member_role import MemberRole
from .membership import Membership
from .membership_kind import MembershipKind
from .membership_list import MembershipList
from .metered import Metered
from .metered_by import MeteredBy
from .metered_group import MeteredGroup
from .metered_row import MeteredRow
from .metered_row_egress import MeteredRowEgress
from .miss_cause import MissCause
from .missed_rung import MissedRung
from .organisation import Organisation
from .organisation_kind import OrganisationKind
from .phase import Phase
from .put_secret import PutSecret
from .queue import Queue
from .recover_report import RecoverReport
from .recover_report_done_item import RecoverReportDoneItem
from .recover_report_done_item_action import RecoverReportDoneItemAction
from .recover_report_found_item import RecoverReportFoundItem
from .recover_report_found_item_state import RecoverReportFoundItemState
from .restore_version_body import RestoreVersionBody
from .resume import Resume
from .resume_step import ResumeStep
from .role import Role
from .rung import Rung
from .sandbox_seconds import SandboxSeconds
from .scope import Scope
from .secret import Secret
from .secret_list import SecretList
from .secret_removed import SecretRemoved
from .secret_written import SecretWritten
from .service_account import ServiceAccount
from .service_account_list import ServiceAccountList
from .set_audit_policy_body import SetAuditPolicyBody
from .set_member_role_body import SetMemberRoleBody
from .set_org_policy_body import SetOrgPolicyBody
from .set_org_policy_body_quotas import SetOrgPolicyBodyQuotas
from .set_org_policy_body_quotas_idle import SetOrgPolicyBodyQuotasIdle
from .set_org_policy_body_quotas_organisation import SetOrgPolicyBodyQuotasOrganisation
from .set_org_policy_body_quotas_user import SetOrgPolicyBodyQuotasUser
from .team import Team
from .team_list import TeamList
from .tier import Tier
from .token_list import TokenList
from .transition import Transition
from .transition_kind import TransitionKind
from .transition_list import TransitionList
from .transition_outcome_type_0 import TransitionOutcomeType0
from .usage import Usage
from .usage_answer import UsageAnswer
from .usage_memory_bytes import UsageMemoryBytes
from .usage_running_sandboxes import UsageRunningSandboxes
from .usage_storage_bytes import UsageStorageBytes
from .usage_workspaces import UsageWorkspaces
from .version import Version
from .version_list import VersionList
from .workspace import Workspace
from .workspace_details import WorkspaceDetails
from .workspace_list import WorkspaceList

__all__ = (
    "ActInOrganisationBody",
    "AuditAction",
    "AuditEvent",
    "AuditEventCode",
    "AuditEventDetails",
    "AuditEventFrom",
    "AuditEventResult",
    "AuditEventV",
    "AuditEventWhich",
    "AuditEventWho",
    "AuditEventWhoKind",
    "AuditEventWhoViaType0",
    "AuditOutcome",
    "AuditPage",
    "AuditPolicy",
    "AuditScope",
    "CellDiff",
    "CellDiffOp",
    "CellList",
    "CellView",
    "ChangeOrgBody",
    "ChangeServiceAccountBody",
    "CreateInvitationBody",
    "CreateKeyBody",
    "CreateOrgBody",
    "CreateServiceAccountBody",
    "CreateServiceAccountKeyBody",
    "CreateTeamBody",
    "CreateTokenBody",
    "CreateWorkspace",
    "CreateWorkspaceDesired",
    "Desired",
    "DiffVersionsOtherType1",
    "EditWorkspace",
    "EgressConnection",
    "EgressConnectionResult",
    "EgressList",
    "Environment",
    "EnvironmentPreviousType0",
    "EnvironmentReset",
    "EnvironmentResetTo",
    "EnvironmentState",
    "Error",
    "ErrorCode",
    "ErrorIds",
    "ExportAuditFormat",
    "ExportEdgeAuditFormat",
    "FileDiffType0",
    "FileDiffType0Kind",
    "FileDiffType1",
    "FileDiffType1Kind",
    "FileDiffType2",
    "FileDiffType2Kind",
    "Finding",
    "FindingList",
    "FindingPart",
    "FlaggedFile",
    "ForgetVersionsBody",
    "GetUsageBy",
    "GetUsageGroup",
    "GetUsageOf",
    "Held",
    "Invitation",
    "InvitationList",
    "Kept",
    "Key",
    "KeyList",
    "LinesItem",
    "LinesItemOp",
    "ListSessionsResponse200",
    "ListSessionsResponse200SessionsItem",
    "ListWorkspacesOf",
    "LockedPackage",
    "MadeInvitation",
    "MadeKey",
    "MadeToken",
    "MeResponse200",
    "MeResponse200Via",
    "Member",
    "MemberList",
    "MemberRole",
    "Membership",
    "MembershipKind",
    "MembershipList",
    "Metered",
    "MeteredBy",
    "MeteredGroup",
    "MeteredRow",
    "MeteredRowEgress",
    "MissCause",
    "MissedRung",
    "Organisation",
    "OrganisationKind",
    "Phase",
    "PutSecret",
    "Queue",
    "RecoverReport",
    "RecoverReportDoneItem",
    "RecoverReportDoneItemAction",
    "RecoverReportFoundItem",
    "RecoverReportFoundItemState",
    "RestoreVersionBody",
    "Resume",
    "ResumeStep",
    "Role",
    "Rung",
    "SandboxSeconds",
    "Scope",
    "Secret",
    "SecretList",
    "SecretRemoved",
    "SecretWritten",
    "ServiceAccount",
    "ServiceAccountList",
    "SetAuditPolicyBody",
    "SetMemberRoleBody",
    "SetOrgPolicyBody",
    "SetOrgPolicyBodyQuotas",
    "SetOrgPolicyBodyQuotasIdle",
    "SetOrgPolicyBodyQuotasOrganisation",
    "SetOrgPolicyBodyQuotasUser",
    "Team",
    "TeamList",
    "Tier",
    "TokenList",
    "Transition",
    "TransitionKind",
    "TransitionList",
    "TransitionOutcomeType0",
    "Usage",
    "UsageAnswer",
    "UsageMemoryBytes",
    "UsageRunningSandboxes",
    "UsageStorageBytes",
    "UsageWorkspaces",
    "Version",
    "VersionList",
    "Workspace",
    "WorkspaceDetails",
    "WorkspaceList",
)
