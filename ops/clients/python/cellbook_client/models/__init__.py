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
from .batch_accepted import BatchAccepted
from .batch_answer import BatchAnswer
from .batch_entry import BatchEntry
from .batch_refused import BatchRefused
from .cell_diff import CellDiff
from .cell_diff_op import CellDiffOp
from .cell_list import CellList
from .cell_view import CellView
from .change_org_body import ChangeOrgBody
from .change_service_account_body import ChangeServiceAccountBody
from .choose_idle import ChooseIdle
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
from .durability import Durability
from .edit_workspace import EditWorkspace
from .edit_workspace_idle_suspend_seconds_type_1 import (
    EditWorkspaceIdleSuspendSecondsType1,
)
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
from .gpu_class_order import GpuClassOrder
from .gpu_class_order_limit import GpuClassOrderLimit
from .gpu_contained import GpuContained
from .gpu_contained_classes_item import GpuContainedClassesItem
from .gpu_contained_classes_item_limit import GpuContainedClassesItemLimit
from .gpu_contained_versions_item import GpuContainedVersionsItem
from .gpu_customer_list import GpuCustomerList
from .gpu_customer_list_customers_item import GpuCustomerListCustomersItem
from .gpu_customer_order import GpuCustomerOrder
from .gpu_host import GpuHost
from .gpu_host_evidence_type_0 import GpuHostEvidenceType0
from .gpu_host_held_type_0 import GpuHostHeldType0
from .gpu_host_list import GpuHostList
from .gpu_host_order import GpuHostOrder
from .gpu_host_phase import GpuHostPhase
from .gpu_ordered import GpuOrdered
from .held import Held
from .idle_usual import IdleUsual
from .invitation import Invitation
from .invitation_list import InvitationList
from .job import Job
from .job_attempt import JobAttempt
from .job_attempt_failed_type_0 import JobAttemptFailedType0
from .job_attempt_failed_type_0_class import JobAttemptFailedType0Class
from .job_attempt_outcome_type_0 import JobAttemptOutcomeType0
from .job_details import JobDetails
from .job_details_labels import JobDetailsLabels
from .job_details_parameters_type_0 import JobDetailsParametersType0
from .job_details_predicted_run_ms import JobDetailsPredictedRunMs
from .job_details_repeats_type_0 import JobDetailsRepeatsType0
from .job_details_resources import JobDetailsResources
from .job_details_result_type_0 import JobDetailsResultType0
from .job_details_webhook_type_0 import JobDetailsWebhookType0
from .job_details_webhook_type_0_state import JobDetailsWebhookType0State
from .job_labels import JobLabels
from .job_list import JobList
from .job_log import JobLog
from .job_log_attempts_item import JobLogAttemptsItem
from .job_parameters import JobParameters
from .job_phase import JobPhase
from .job_queue import JobQueue
from .job_queue_organisation import JobQueueOrganisation
from .job_queue_spend import JobQueueSpend
from .job_queue_tier_queue_type_0 import JobQueueTierQueueType0
from .job_queue_user import JobQueueUser
from .job_repeats_type_0 import JobRepeatsType0
from .job_resources import JobResources
from .job_result import JobResult
from .kept import Kept
from .key import Key
from .key_list import KeyList
from .lines_item import LinesItem
from .lines_item_op import LinesItemOp
from .list_jobs_of import ListJobsOf
from .list_jobs_state import ListJobsState
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
from .notebook_cell import NotebookCell
from .notebook_document import NotebookDocument
from .notebook_document_nbformat import NotebookDocumentNbformat
from .notebook_task import NotebookTask
from .notebook_task_kind import NotebookTaskKind
from .organisation import Organisation
from .organisation_kind import OrganisationKind
from .other_task import OtherTask
from .other_task_kind import OtherTaskKind
from .pending_class_limited import PendingClassLimited
from .pending_class_limited_code import PendingClassLimitedCode
from .pending_moving import PendingMoving
from .pending_moving_code import PendingMovingCode
from .pending_no_room import PendingNoRoom
from .pending_no_room_code import PendingNoRoomCode
from .pending_no_such_hardware import PendingNoSuchHardware
from .pending_no_such_hardware_code import PendingNoSuchHardwareCode
from .pending_not_before import PendingNotBefore
from .pending_not_before_code import PendingNotBeforeCode
from .pending_not_taken_up import PendingNotTakenUp
from .pending_not_taken_up_code import PendingNotTakenUpCode
from .pending_organisation_at_limit import PendingOrganisationAtLimit
from .pending_organisation_at_limit_code import PendingOrganisationAtLimitCode
from .pending_retry import PendingRetry
from .pending_retry_code import PendingRetryCode
from .pending_retry_failed import PendingRetryFailed
from .pending_turn import PendingTurn
from .pending_turn_code import PendingTurnCode
from .phase import Phase
from .predicted_start import PredictedStart
from .put_secret import PutSecret
from .queue import Queue
from .queue_place import QueuePlace
from .recover_report import RecoverReport
from .recover_report_done_item import RecoverReportDoneItem
from .recover_report_done_item_action import RecoverReportDoneItemAction
from .recover_report_found_item import RecoverReportFoundItem
from .recover_report_found_item_state import RecoverReportFoundItemState
from .refusal import Refusal
from .refusal_code import RefusalCode
from .refusal_ids import RefusalIds
from .repeat import Repeat
from .repeat_overlap import RepeatOverlap
from .resources import Resources
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
from .set_org_policy_body_quotas_jobs import SetOrgPolicyBodyQuotasJobs
from .set_org_policy_body_quotas_jobs_organisation import (
    SetOrgPolicyBodyQuotasJobsOrganisation,
)
from .set_org_policy_body_quotas_jobs_user import SetOrgPolicyBodyQuotasJobsUser
from .set_org_policy_body_quotas_organisation import SetOrgPolicyBodyQuotasOrganisation
from .set_org_policy_body_quotas_user import SetOrgPolicyBodyQuotasUser
from .submit_job import SubmitJob
from .submit_job_labels import SubmitJobLabels
from .submit_job_reuse import SubmitJobReuse
from .submit_jobs import SubmitJobs
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
from .video_parameters import VideoParameters
from .video_task import VideoTask
from .video_task_kind import VideoTaskKind
from .webhook import Webhook
from .webhook_key import WebhookKey
from .webhook_key_algorithm import WebhookKeyAlgorithm
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
    "BatchAccepted",
    "BatchAnswer",
    "BatchEntry",
    "BatchRefused",
    "CellDiff",
    "CellDiffOp",
    "CellList",
    "CellView",
    "ChangeOrgBody",
    "ChangeServiceAccountBody",
    "ChooseIdle",
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
    "Durability",
    "EditWorkspace",
    "EditWorkspaceIdleSuspendSecondsType1",
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
    "GpuClassOrder",
    "GpuClassOrderLimit",
    "GpuContained",
    "GpuContainedClassesItem",
    "GpuContainedClassesItemLimit",
    "GpuContainedVersionsItem",
    "GpuCustomerList",
    "GpuCustomerListCustomersItem",
    "GpuCustomerOrder",
    "GpuHost",
    "GpuHostEvidenceType0",
    "GpuHostHeldType0",
    "GpuHostList",
    "GpuHostOrder",
    "GpuHostPhase",
    "GpuOrdered",
    "Held",
    "IdleUsual",
    "Invitation",
    "InvitationList",
    "Job",
    "JobAttempt",
    "JobAttemptFailedType0",
    "JobAttemptFailedType0Class",
    "JobAttemptOutcomeType0",
    "JobDetails",
    "JobDetailsLabels",
    "JobDetailsParametersType0",
    "JobDetailsPredictedRunMs",
    "JobDetailsRepeatsType0",
    "JobDetailsResources",
    "JobDetailsResultType0",
    "JobDetailsWebhookType0",
    "JobDetailsWebhookType0State",
    "JobLabels",
    "JobList",
    "JobLog",
    "JobLogAttemptsItem",
    "JobParameters",
    "JobPhase",
    "JobQueue",
    "JobQueueOrganisation",
    "JobQueueSpend",
    "JobQueueTierQueueType0",
    "JobQueueUser",
    "JobRepeatsType0",
    "JobResources",
    "JobResult",
    "Kept",
    "Key",
    "KeyList",
    "LinesItem",
    "LinesItemOp",
    "ListJobsOf",
    "ListJobsState",
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
    "NotebookCell",
    "NotebookDocument",
    "NotebookDocumentNbformat",
    "NotebookTask",
    "NotebookTaskKind",
    "Organisation",
    "OrganisationKind",
    "OtherTask",
    "OtherTaskKind",
    "PendingClassLimited",
    "PendingClassLimitedCode",
    "PendingMoving",
    "PendingMovingCode",
    "PendingNoRoom",
    "PendingNoRoomCode",
    "PendingNoSuchHardware",
    "PendingNoSuchHardwareCode",
    "PendingNotBefore",
    "PendingNotBeforeCode",
    "PendingNotTakenUp",
    "PendingNotTakenUpCode",
    "PendingOrganisationAtLimit",
    "PendingOrganisationAtLimitCode",
    "PendingRetry",
    "PendingRetryCode",
    "PendingRetryFailed",
    "PendingTurn",
    "PendingTurnCode",
    "Phase",
    "PredictedStart",
    "PutSecret",
    "Queue",
    "QueuePlace",
    "RecoverReport",
    "RecoverReportDoneItem",
    "RecoverReportDoneItemAction",
    "RecoverReportFoundItem",
    "RecoverReportFoundItemState",
    "Refusal",
    "RefusalCode",
    "RefusalIds",
    "Repeat",
    "RepeatOverlap",
    "Resources",
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
    "SetOrgPolicyBodyQuotasJobs",
    "SetOrgPolicyBodyQuotasJobsOrganisation",
    "SetOrgPolicyBodyQuotasJobsUser",
    "SetOrgPolicyBodyQuotasOrganisation",
    "SetOrgPolicyBodyQuotasUser",
    "SubmitJob",
    "SubmitJobLabels",
    "SubmitJobReuse",
    "SubmitJobs",
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
    "VideoParameters",
    "VideoTask",
    "VideoTaskKind",
    "Webhook",
    "WebhookKey",
    "WebhookKeyAlgorithm",
    "Workspace",
    "WorkspaceDetails",
    "WorkspaceList",
)
